import type { FileFigures } from '../../model/measurement.ts'
import type { Report } from '../../model/report.ts'

/**
 * One row a file: the converted ones that the report holds, then the failed ones. Times are in milliseconds. The columns are fixed:
 * new ones are added at the end.
 */
export function renderCsv(report: Report): string {
  const rows = [
    COLUMNS.map(([name]) => name),
    ...(report.measured?.files ?? []).map((file) => COLUMNS.map(([, valueOf]) => valueOf(file))),
    ...report.failures.map((failure) =>
      COLUMNS.map(([name]) =>
        name === 'file' ? (failure.position.file ?? '') : name === 'status' ? failure.code : '',
      ),
    ),
  ]
  return rows.map((row) => `${row.map(formatCell).join(',')}\r\n`).join('')
}

type Column = readonly [name: string, valueOf: (file: FileFigures) => string | number]

const ms = (ns: number): number => round(ns / 1e6)
const seconds = (file: FileFigures): number => (file.endMs - file.startMs) / 1000

const COLUMNS: readonly Column[] = [
  ['file', (file) => file.file],
  ['status', () => 'converted'],
  ['thread', (file) => file.thread],
  ['start_ms', (file) => round(file.startMs)],
  ['duration_ms', (file) => round(file.endMs - file.startMs)],
  ['source_bytes', (file) => file.sourceBytes],
  ['target_bytes', (file) => file.targetBytes],
  ['records', (file) => file.records],
  ['rejected', (file) => file.rejected],
  ['attempt', (file) => file.attempt],
  ['seconds_per_gb', (file) => (file.sourceBytes === 0 ? '' : round(seconds(file) / (file.sourceBytes / 1e9)))],
  ['read_ms', (file) => ms(file.stageNs.read)],
  ['parse_ms', (file) => ms(file.stageNs.parse)],
  ['map_ms', (file) => ms(file.stageNs.map)],
  ['encode_ms', (file) => ms(file.stageNs.encode)],
  ['write_ms', (file) => ms(file.stageNs.write)],
  ['sync_ms', (file) => ms(file.stageNs.sync)],
  ['on_cpu_ms', (file) => ms(file.busy.onCpuNs)],
  ['run_queue_ms', (file) => ms(file.busy.runQueueNs)],
  ['waiting_ms', (file) => ms(file.busy.waitingNs)],
  ['verdict', (file) => file.verdict],
]

function round(amount: number): number {
  return Math.round(amount * 1000) / 1000
}

/**
 * RFC 4180, and safe to open in a spreadsheet: a name that a spreadsheet would run as a formula gets an apostrophe in front. So does
 * one that starts with an apostrophe, so that taking the first one away always gives the name.
 */
function formatCell(value: string | number): string {
  if (typeof value === 'number') return String(value)
  const text = /^[=+\-@\t\r']/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

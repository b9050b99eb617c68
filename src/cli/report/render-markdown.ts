import { printableName } from '../../errors/printable-name.ts'
import type { FileFigures, Measurements } from '../../model/measurement.ts'
import type { Report } from '../../model/report.ts'
import { formatBytes, formatCount, formatDuration, threeDigits } from '../terminal/format-quantity.ts'
import {
  adviceOf,
  durationOf,
  formatShare,
  outcomeOf,
  rateFigures,
  rejectsByCode,
  runFigures,
  secondsPerGbOf,
  shareOf,
  STAGES,
  systemFigures,
  VERDICT_TITLES,
  warningsOf,
} from './report-figures.ts'

/** A report in GitHub's Markdown. Names of files come from strangers: nothing in them is taken as mark-up. */
export function renderMarkdown(report: Report): string {
  const { measured } = report
  const blocks = [
    `# ${escapeText(outcomeOf(report))}`,
    `${code(report.sourceRoot)} to ${code(report.targetRoot)} · run ${code(report.runId)} · Drover ${escapeText(report.droverVersion)}`,
    ...(measured === null ? [] : verdict(measured)),
    ...adviceOf(report).map(escapeText),
    table(
      ['figure', 'value'],
      [...rateFigures(report), ...runFigures(report)].map(([label, text]) => [label, escapeText(text)]),
    ),
    ...section('Time by stage', stageTable(report)),
    ...(measured === null ? [] : measurements(measured)),
    ...section(
      'Rejects by code',
      table(
        ['code', 'records:'],
        rejectsByCode(report).map(([name, count]) => [escapeText(name), formatCount(count)]),
      ),
    ),
    ...section(
      'Failures',
      table(
        ['file', 'code', 'message'],
        report.failures.map(({ position, code: name, message }) => [
          escapeText(position.file ?? ''),
          escapeText(name),
          escapeText(message),
        ]),
      ),
    ),
    ...section(
      'Warnings',
      warningsOf(report)
        .map((message) => `- ${escapeText(message)}`)
        .join('\n'),
    ),
  ]
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`
}

function verdict({ verdict: found }: Measurements): string[] {
  if (found === null) return []
  const { onCpu, runQueue, waiting } = found.shares
  const shares = `on CPU ${formatShare(onCpu)}, in the run queue ${formatShare(runQueue)}, waiting ${formatShare(waiting)}`
  return [
    `**${VERDICT_TITLES[found.kind]}**: ${escapeText(found.evidence)} (${shares})`,
    ...(found.advice === '' ? [] : [`> ${escapeText(found.advice)}`]),
  ]
}

function measurements(measured: Measurements): string[] {
  const { threads, slowestFiles, costliestFiles, tuning } = measured
  return [
    ...section(
      'Threads',
      table(
        ['thread:', 'files:', 'sources:', 'busy:', 'on CPU:', 'run queue:', 'waiting:'],
        threads.map(({ thread, files, sourceBytes, busy }) => [
          String(thread),
          formatCount(files),
          formatBytes(sourceBytes),
          formatDuration(busy.busyNs / 1e6),
          formatShare(shareOf(busy.onCpuNs, busy.busyNs)),
          formatShare(shareOf(busy.runQueueNs, busy.busyNs)),
          formatShare(shareOf(busy.waitingNs, busy.busyNs)),
        ]),
      ),
    ),
    ...section('Files that took longest', fileTable(slowestFiles)),
    ...section('Files that took longest for their size', fileTable(costliestFiles)),
    ...section(
      'Steps of `--threads auto`',
      table(
        ['after:', 'threads:', 'MB/s:', 's/GB:'],
        (tuning?.steps ?? []).map((step) => [
          formatDuration(step.atMs),
          formatCount(step.threads),
          threeDigits(step.megabytesPerSecond),
          threeDigits(step.secondsPerGb),
        ]),
      ),
    ),
    ...section(
      'System',
      table(
        ['figure', 'value'],
        systemFigures(measured.system, measured.source).map(([label, text]) => [label, escapeText(text)]),
      ),
    ),
  ]
}

function stageTable({ stageNs, sourceBytes }: Report): string {
  const allNs = STAGES.reduce((sum, stage) => sum + stageNs[stage], 0)
  if (allNs === 0) return ''
  return table(
    ['stage', 'time:', 'share:', 'MB/s:'],
    STAGES.map((stage) => [
      stage,
      formatDuration(stageNs[stage] / 1e6),
      formatShare(shareOf(stageNs[stage], allNs)),
      stageNs[stage] === 0 ? '–' : threeDigits(sourceBytes / 1e6 / (stageNs[stage] / 1e9)),
    ]),
  )
}

function fileTable(files: readonly FileFigures[]): string {
  return table(
    ['file', 'size:', 'time:', 's/GB:', 'verdict'],
    files.map((file) => [
      escapeText(file.file),
      formatBytes(file.sourceBytes),
      durationOf(file),
      secondsPerGbOf(file),
      VERDICT_TITLES[file.verdict],
    ]),
  )
}

/** A title with what it is the title of; nothing where that is empty. */
function section(title: string, body: string): string[] {
  return body === '' ? [] : [`## ${title}`, body]
}

/** @param headers one that ends in `:` stands over numbers. @returns '' where there is no row. */
function table(headers: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return ''
  const titles = headers.map((header) => header.replace(/:$/, ''))
  const rules = headers.map((header) => (header.endsWith(':') ? '--:' : '---'))
  return [titles, rules, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** Text that Markdown shows as it is: no mark-up, no HTML, no end of a table's cell. */
function escapeText(text: string): string {
  return printableName(text).replaceAll(/[&<>|\\`*_[\]~#!]/g, (character) =>
    '&<>|\\'.includes(character) ? `&#${character.charCodeAt(0)};` : `\\${character}`,
  )
}

function code(text: string): string {
  const shown = printableName(text)
  // A fence of more backticks than the text has in a row, and a blank between where it begins or ends with one.
  const longest = Math.max(0, ...Array.from(shown.matchAll(/`+/g), ([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return longest === 0 ? `${fence}${shown}${fence}` : `${fence} ${shown} ${fence}`
}

import { printableName } from '../../errors/printable-name.ts'
import type { FileFigures, SystemFigures, Verdict } from '../../model/measurement.ts'
import type { Report } from '../../model/report.ts'
import type { StageTimes } from '../../model/times.ts'
import { describeCluster } from '../terminal/describe-cluster.ts'
import { describeNotices } from '../terminal/describe-notices.ts'
import {
  countOf,
  formatBytes,
  formatCount,
  formatDuration,
  formatMoment,
  threeDigits,
} from '../terminal/format-quantity.ts'
import { formatSummary } from '../terminal/format-summary.ts'

/** What the markdown and the page both say of a report, as label and text. */

export type Figure = readonly [label: string, text: string]

export const STAGES: readonly (keyof StageTimes)[] = ['read', 'parse', 'map', 'encode', 'write', 'sync']

export const VERDICT_TITLES: Readonly<Record<Verdict['kind'], string>> = {
  'cpu-bound': 'CPU-bound',
  'io-bound-read': 'Bound by reading',
  'io-bound-write': 'Bound by writing',
  'sync-bound': 'Bound by syncs',
  starved: 'Starved: no free CPU',
  'too-few-files': 'Too few files',
  mixed: 'Mixed',
}

/** The first line of the summary: how the run ended. */
export function outcomeOf(report: Report): string {
  const [headline = ''] = formatSummary(report, { paint: (_, text) => text, verbose: 0, isQuiet: false }).split('\n')
  return headline
}

/** The rates first, then what they were measured over. */
export function rateFigures({ rates, measured }: Report): Figure[] {
  if (rates === null) return []
  const floor = measured?.copyFloor ?? null
  return [
    ['s/GB', threeDigits(rates.secondsPerGb)],
    ['min/GB', threeDigits(rates.minutesPerGb)],
    ['MB/s', threeDigits(rates.megabytesPerSecond)],
    ['records/s', formatCount(Math.round(rates.recordsPerSecond))],
    ...(floor === null ? [] : [['x copying these bytes', threeDigits(floor.ratio)] as const]),
  ]
}

export function runFigures(report: Report): Figure[] {
  const { records, files, time, startedAt, cpu } = report
  const figures: Figure[] = [
    ...(startedAt === null ? [] : [['Started', formatMoment(startedAt)] as const]),
    [
      'Files',
      `${formatCount(files.total)} = ${formatCount(files.converted)} converted + ${formatCount(files.alreadyDone)} already done + ${formatCount(files.failed)} failed + ${formatCount(files.notStarted)} not started`,
    ],
    [
      'Records',
      `${formatCount(records.read)} read = ${formatCount(records.written)} written + ${formatCount(records.rejected)} rejected + ${formatCount(records.filtered)} filtered`,
    ],
    ['Bytes', `${formatBytes(report.sourceBytes)} in, ${formatBytes(report.targetBytes)} out`],
    [
      'Time',
      `${formatDuration(time.realMs)} real, ${formatDuration(time.userMs)} user, ${formatDuration(time.systemMs)} system`,
    ],
    ['Engine', `${report.engine}, ${countOf(report.threads, 'thread')}`],
    ...(cpu === null ? [] : [['CPU', printableName(cpu)] as const]),
    ...describeCluster(report.cluster, true),
    ['Durable', report.isDurable ? 'yes' : 'no (--no-fsync): a power cut may lose finished files'],
    ['Tree hash', report.treeHash ?? 'none: some targets are missing'],
  ]
  return figures
}

/** How the run compares with copying, and what another thread would bring: whole sentences. */
export function adviceOf({ measured }: Report): string[] {
  if (measured === null) return []
  const { copyFloor, oneMoreThread, tuning } = measured
  return [
    ...(copyFloor === null
      ? []
      : [
          `Reading the sources and writing the targets alone takes ${formatDuration(copyFloor.seconds * 1000)}: this run took ${threeDigits(copyFloor.ratio)} times that.`,
        ]),
    ...(oneMoreThread === null
      ? []
      : [
          `With ${countOf(oneMoreThread.threads, 'thread')} the model predicts ${threeDigits(oneMoreThread.gain)} times this speed: ${oneMoreThread.reason}.`,
        ]),
    ...(tuning === null ? [] : [`--threads auto stayed at ${tuning.chosen}: ${tuning.reason}.`]),
  ]
}

export function systemFigures(system: SystemFigures, source: 'thread-schedstat' | 'process'): Figure[] {
  const untold = 'the system does not tell'
  const { storage, pressure, stealShare, cpuQuota } = system
  return [
    ['Cores this process may use', formatCount(system.cores)],
    ['CPU quota of its control group', cpuQuota === null ? 'none' : `${threeDigits(cpuQuota)} CPUs`],
    ['Peak memory', formatBytes(system.peakMemoryBytes)],
    ['Read from storage', storage === null ? untold : formatBytes(storage.readBytes)],
    ['Written to storage', storage === null ? untold : formatBytes(storage.writtenBytes)],
    [
      'Time some task of the machine stalled',
      pressure === null
        ? untold
        : `${formatDuration(pressure.cpuMs)} for a CPU, ${formatDuration(pressure.ioMs)} for I/O, ${formatDuration(pressure.memoryMs)} for memory`,
    ],
    ['CPU time taken by the host', stealShare === null ? untold : formatShare(stealShare)],
    ['CPU and waiting times come from', source === 'process' ? 'the whole process' : 'each thread (schedstat)'],
  ]
}

/** Warnings, and what was read leniently. */
export function warningsOf({ warnings, notices }: Report): string[] {
  return [...warnings.map(({ message }) => message), ...describeNotices(notices)]
}

/** Rejects by code, the most frequent first. */
export function rejectsByCode({ rejectCodes }: Report): (readonly [code: string, count: number])[] {
  return Object.entries(rejectCodes).sort(([a, countOfA], [b, countOfB]) => countOfB - countOfA || (a < b ? -1 : 1))
}

export function durationOf(file: FileFigures): string {
  return formatDuration(file.endMs - file.startMs)
}

/** `12.5`, or a dash where the file is empty. */
export function secondsPerGbOf(file: FileFigures): string {
  return file.sourceBytes === 0 ? '–' : threeDigits((file.endMs - file.startMs) / 1000 / (file.sourceBytes / 1e9))
}

/** `0 %`, `0.4 %`, `12 %`. */
export function formatShare(share: number): string {
  const percent = share * 100
  return `${percent > 0 && percent < 9.95 ? percent.toFixed(1) : percent.toFixed(0)} %`
}

/** A part of a whole that may be nothing. */
export function shareOf(part: number, whole: number): number {
  return whole > 0 ? part / whole : 0
}

import { join } from 'node:path'
import { printableMessage, printableName } from '../../errors/printable-name.ts'
import type { Report } from '../../model/report.ts'
import { describeCluster } from './describe-cluster.ts'
import { describeNotices } from './describe-notices.ts'
import { formatFailures } from './format-failures.ts'
import { countOf, formatBytes, formatCount, formatDuration, threeDigits } from './format-quantity.ts'
import { kebabCase } from '../flags.ts'
import { SOURCES_FLAGS } from '../flags/sources-flags.ts'
import type { Paint } from '../host.ts'

/**
 * The summary at the end of a run. What needs the user comes last, since that is what a terminal still shows: first the
 * figures, then warnings and rejects, then every failed file.
 */

const LABEL_WIDTH = 11

/** Slowest files, with `-v`. */
const SHOWN_SLOWEST = 5

/** Less time than this, in threads and in waiting for commits, is start-up, not work. */
const FEWEST_NS = 50e6

/** Examples that are listed of a longer list, without `-v`. */
const SHOWN_EXAMPLES = 10

export interface SummaryOptions {
  readonly paint: Paint
  readonly verbose: number
  /** Errors only. */
  readonly isQuiet: boolean
}

/** @returns the text with its last line end; '' where `-q` leaves nothing to say. */
export function formatSummary(report: Report, options: SummaryOptions): string {
  const failures = formatFailures(report.failures, options.paint)
  const lines = options.isQuiet
    ? failures
    : [
        headline(report, options.paint),
        ...figures(report, options.verbose > 0),
        ...mergedShards(report, options.verbose),
        ...(options.verbose > 0 ? slowest(report) : []),
        ...(options.verbose > 1 ? [line('stages', describeStages(report))] : []),
        ...rejects(report, options.paint),
        ...warnings(report, options),
        ...failures,
      ]
  lines.push(...scopeOfHints(report, lines))
  return lines.map((text) => `${text}\n`).join('')
}

/** Flags of how sources are read. */
const SOURCE_FLAG = new RegExp(`--(?:no-)?(?:${SOURCES_FLAGS.map(({ key }) => kebabCase(key)).join('|')})(?![\\w-])`)

/** What mends one file may spoil the others: read by another delimiter or encoding they are something else, and no fault tells it. */
function scopeOfHints(report: Report, lines: readonly string[]): string[] {
  if (report.files.total < 2 || !lines.some((text) => SOURCE_FLAG.test(text))) return []
  return ['       flags are for all files of a run: name those that such a flag is for with --include']
}

function headline(report: Report, paint: Paint): string {
  const { files, stopped, targetFormat } = report
  const took = `in ${formatDuration(report.time.realMs)}`
  if (stopped !== null)
    return paint('red', `Stopped ${STOPPED_BY[stopped]} ${took}: the same command goes on from here`)
  if (files.total === 0) return paint('yellow', 'Nothing to convert')
  if (files.failed === files.total) return paint('red', `${files.total === 1 ? 'The only file' : 'Every file'} failed`)
  const chosen = report.isTargetFormatDefault ? ` (${targetFormat} is the default here; --to chooses)` : ''
  const done =
    files.converted === 0
      ? `Nothing left to do: ${countOf(files.alreadyDone, 'file')} already done`
      : `Converted ${countOf(files.converted, 'file')} to ${targetFormat} ${took}`
  if (files.failed > 0) return paint('red', `${done}; ${countOf(files.failed, 'file')} failed`) + chosen
  return paint(report.standingRejects.records > 0 ? 'yellow' : 'green', done) + chosen
}

const STOPPED_BY: Readonly<Record<NonNullable<Report['stopped']>, string>> = {
  SIGINT: 'by SIGINT',
  SIGTERM: 'by SIGTERM',
  SIGHUP: 'by SIGHUP',
  abort: 'by its caller',
  halt: 'by --halt',
  fatal: 'by an error',
}

function figures(report: Report, isVerbose: boolean): string[] {
  const { records, time, rates } = report
  const sum = `${formatCount(records.written)} written + ${formatCount(records.rejected)} rejected + ${formatCount(records.filtered)} filtered`
  const lines = [
    line(
      'time',
      `${formatDuration(time.realMs)} real, ${formatDuration(time.userMs)} user, ${formatDuration(time.systemMs)} system`,
    ),
    line('files', describeFiles(report)),
    line('records', `${formatCount(records.read)} read = ${sum}`),
    line('bytes', `${formatBytes(report.sourceBytes)} in, ${formatBytes(report.targetBytes)} out`),
  ]
  if (rates !== null) {
    const perGb = `${threeDigits(rates.secondsPerGb)} s/GB, ${threeDigits(rates.minutesPerGb)} min/GB`
    lines.push(line('speed', `${threeDigits(rates.megabytesPerSecond)} MB/s, ${perGb}${describeFloor(report)}`))
  }
  lines.push(
    line('engine', `${report.engine}${report.engine === 'stream' ? ' (lossy)' : ''}, ${describeThreads(report)}`),
  )
  lines.push(...verdict(report))
  for (const [label, text] of describeCluster(report.cluster, isVerbose)) lines.push(line(label.toLowerCase(), text))
  lines.push(...shard(report), line('tree hash', describeTreeHash(report)))
  if (!report.isDurable) lines.push(line('durable', 'no (--no-fsync): a power cut may lose finished files'))
  return lines
}

function shard({ shard: own }: Report): string[] {
  if (own === null) return []
  const share = own.treeBytes === 0 ? 0 : (100 * own.bytes) / own.treeBytes
  const files = `${formatCount(own.files)} of ${countOf(own.treeFiles, 'file')}`
  return [
    line('shard', `${own.index} of ${own.count}: ${files}, ${share.toFixed(1)}% of ${formatBytes(own.treeBytes)}`),
  ]
}

/** How even the shards of a merged report were; with `-v`, each of them. */
function mergedShards({ merged }: Report, verbose: number): string[] {
  if (merged === null) return []
  const { shards, bytesImbalance, timeImbalance } = merged
  const hosts = countOf(new Set(shards.map(({ host }) => host)).size, 'host')
  const over = `bytes ${percent(bytesImbalance)}, time ${percent(timeImbalance)}`
  const slowest = shards.toSorted((a, b) => b.realMs - a.realMs)[0]
  const lines = [
    line('shards', `${shards.length} on ${hosts}; the largest over the mean: ${over}`),
    ...(slowest === undefined
      ? []
      : [
          line(
            '',
            `the slowest was ${slowest.index} on ${printableName(slowest.host)}, ${formatDuration(slowest.realMs)}`,
          ),
        ]),
  ]
  if (verbose === 0) return lines
  const each = shards.map(({ index, host, files, bytes, realMs, verdict: kind }) => {
    const what = `${countOf(files, 'file')}, ${formatBytes(bytes)}, ${formatDuration(realMs)}${kind === null ? '' : `, ${kind}`}`
    return line('', `${index} on ${printableName(host)}: ${what}`)
  })
  return [...lines, ...each]
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`
}

function describeTreeHash({ treeHash, shard: own }: Report): string {
  if (treeHash !== null) return treeHash
  if (own === null) return 'none: some targets are missing'
  return 'none: this is a part; "migrate report merge" has it when all shards are done'
}

function describeFloor({ measured }: Report): string {
  const floor = measured?.copyFloor
  return floor ? `, ${threeDigits(floor.ratio)} x of copying these bytes` : ''
}

/** How many threads, and how evenly they were loaded. */
function describeThreads({ threads, measured }: Report): string {
  const busy = measured?.threads.map((thread) => thread.busy.busyNs) ?? []
  if (measured?.tuning && measured.tuning.steps.length > 0)
    return `${countOf(threads, 'thread')} (auto: ${measured.tuning.reason})`
  if (busy.length < 2) return countOf(threads, 'thread')
  const share = Math.round((100 * Math.min(...busy)) / Math.max(...busy))
  return `${countOf(threads, 'thread')}, the least busy worked ${share}% of the busiest`
}

/** What bound the run, why, and what to do about it. A run of some milliseconds is not judged aloud; its report has the verdict. */
function verdict({ measured, stageNs }: Report): string[] {
  const found = measured?.verdict
  if (!found || measured.busy.busyNs + stageNs.sync < FEWEST_NS) return []
  return [line('verdict', `${found.kind}: ${found.evidence}`), line('', printableName(found.advice))]
}

function slowest({ measured }: Report): string[] {
  return (measured?.slowestFiles ?? []).slice(0, SHOWN_SLOWEST).map((file, index) => {
    const took = formatDuration(file.endMs - file.startMs)
    const what = `${took}, ${formatBytes(file.sourceBytes)}, ${file.verdict}: ${printableName(file.file)}`
    return line(index === 0 ? 'slowest' : '', what)
  })
}

function describeFiles({ files, skipped }: Report): string {
  const skippedCount = skipped.unknownFormat.count + skipped.links.count + skipped.special.count
  const parts: [number, string][] = [
    [files.alreadyDone, 'already done'],
    [files.failed, 'failed'],
    [files.notStarted, 'not started'],
    [skippedCount, 'skipped'],
    [skipped.filteredOut, 'filtered out'],
  ]
  const others = parts.filter(([count]) => count > 0).map(([count, what]) => `, ${formatCount(count)} ${what}`)
  return `${formatCount(files.converted)} converted${others.join('')}`
}

function describeStages({ stageNs }: Report): string {
  return Object.entries(stageNs)
    .map(([stage, ns]) => `${stage} ${formatDuration(ns / 1e6)}`)
    .join(', ')
}

function rejects(report: Report, paint: Paint): string[] {
  const { files, records } = report.standingRejects
  if (records === 0) return []
  const codes = Object.entries(report.rejectCodes)
    .sort(([, a], [, b]) => b - a)
    .map(([code, count]) => `${printableName(code)} ${formatCount(count)}`)
  const byCode = codes.length === 0 ? '' : `: ${codes.join(', ')}`
  const verb = records === 1 ? 'is' : 'are'
  return [
    paint('yellow', `${countOf(records, 'record')} of ${countOf(files, 'file')} ${verb} rejected${byCode}`),
    `  kept with their reasons in ${printableName(report.rejectsFolder)}`,
  ]
}

function warnings(report: Report, options: SummaryOptions): string[] {
  const { notices, skipped, orphans } = report
  const lines = report.warnings.map((warning) => printableMessage(warning.message))
  lines.push(...describeNotices(notices))
  lines.push(...describeSkipped('file', 'of an unknown format', skipped.unknownFormat, options))
  lines.push(...describeSkipped('symbolic link', '', skipped.links, options))
  lines.push(...describeSkipped('special file', '', skipped.special, options))
  if (orphans.count > 0) {
    const what = orphans.arePruned
      ? 'removed, since their sources are gone'
      : 'left without a source (--prune removes them)'
    lines.push(`${countOf(orphans.count, 'target')} ${what}`)
    lines.push(...listExamples(orphans.examples, orphans.count, SHOWN_EXAMPLES, report.targetRoot))
  }
  return lines.map((text) => (text.startsWith(' ') ? text : `${options.paint('yellow', 'warning')} ${text}`))
}

function describeSkipped(
  noun: string,
  what: string,
  skipped: Report['skipped']['links'],
  options: SummaryOptions,
): string[] {
  if (skipped.count === 0) return []
  const shown = skipped.examples.slice(0, options.verbose > 0 ? SHOWN_EXAMPLES : 3).map((path) => printableName(path))
  const more = skipped.count > shown.length ? ', ...' : ''
  return [
    `skipped ${countOf(skipped.count, noun)}${what === '' ? '' : ` ${what}`}${shown.length === 0 ? '' : `: ${shown.join(', ')}`}${more}`,
  ]
}

function listExamples(paths: readonly string[], count: number, shownCount: number, folder: string): string[] {
  const shown = paths.slice(0, shownCount)
  const lines = shown.map((path) => `  ${printableName(join(folder, path))}`)
  return count > shown.length ? [...lines, `  and ${formatCount(count - shown.length)} more`] : lines
}

function line(label: string, text: string): string {
  return `  ${label.padEnd(LABEL_WIDTH)}${text}`
}

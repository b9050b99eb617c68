import { once } from 'node:events'
import { join } from 'node:path'
import { printableMessage, printableName } from '../../errors/printable-name.ts'
import type { PlannedFile, PlanReport } from '../../model/report.ts'
import { formatFailures } from './format-failures.ts'
import { countOf, formatBytes, formatCount, formatDuration, threeDigits } from './format-quantity.ts'
import { paintFor } from '../host.ts'
import type { Host, OutputStream } from '../host.ts'

/**
 * Prints a plan. On a terminal: a table and then the totals. On a pipe: one line a file with tabs between source, target,
 * format, tier, size in bytes and reason, for other programs; the totals then go to standard error.
 */

/** A table needs all its rows to find its widths; beyond this many files a plan is printed as lines. */
const MAX_TABLE_ROWS = 300

export interface PlanPrintOptions {
  readonly isExplained: boolean
  readonly isQuiet: boolean
}

export async function printPlan(plan: PlanReport, host: Host, options: PlanPrintOptions): Promise<void> {
  const isTerminal = host.stdout.isTTY === true
  if (isTerminal && plan.fileCount <= MAX_TABLE_ROWS) {
    if (plan.fileCount > 0) host.stdout.write(`${await formatTable(plan.files, options.isExplained)}\n`)
  } else {
    await writeLines(host.stdout, plan.files)
  }
  const totals = isTerminal ? host.stdout : host.stderr
  const failures = formatFailures(plan.failures, paintFor(totals, host.env))
  for (const line of options.isQuiet ? failures : [...formatTotals(plan), ...failures]) totals.write(`${line}\n`)
}

/** Lines are written as they come and wait for a slow reader: a plan may have a million files. */
async function writeLines(stream: OutputStream, files: Iterable<PlannedFile>): Promise<void> {
  for (const file of files) {
    // A reader that went away (`migrate plan | head`) has seen enough.
    if (!stream.writable) return
    const { source, target, format, tier, sizeBytes, reason } = file
    const cells = [printableName(source), printableName(target), format, tier, sizeBytes, printableName(reason)]
    if (!stream.write(`${cells.join('\t')}\n`) && stream.writable)
      await Promise.race([once(stream, 'drain'), once(stream, 'close')])
  }
}

async function formatTable(files: Iterable<PlannedFile>, isExplained: boolean): Promise<string> {
  const { default: Table } = await import('cli-table3')
  const head = ['source', 'target', 'format', 'tier', 'size', ...(isExplained ? ['reason'] : [])]
  const table = new Table({
    head,
    chars: NO_LINES,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
  })
  table.options.colAligns = ['left', 'left', 'left', 'left', 'right']
  for (const { source, target, format, tier, sizeBytes, reason } of files) {
    const isDone = reason === 'done' ? ' (done)' : ''
    const cells = [printableName(source), `${printableName(target)}${isDone}`, format, tier, formatBytes(sizeBytes)]
    table.push(isExplained ? [...cells, printableName(reason)] : cells)
  }
  return table.toString()
}

/** Columns are set apart by blanks alone. */
const NO_LINES = Object.fromEntries(
  'top top-mid top-left top-right bottom bottom-mid bottom-left bottom-right left left-mid mid mid-mid right right-mid middle'
    .split(' ')
    .map((name) => [name, '']),
)

function formatTotals(plan: PlanReport): string[] {
  const chosen = plan.isTargetFormatDefault ? ' (the default here; --to chooses)' : ''
  const engine = `engine ${plan.engine}, ${countOf(plan.threads, 'thread')}`
  const lines = [
    `${countOf(plan.fileCount, 'file')}, ${formatBytes(plan.sourceBytes)}: ${formatCount(plan.toConvert)} to convert (${formatBytes(plan.bytesToConvert)}), ${formatCount(plan.alreadyDone)} already done`,
    `to ${plan.targetFormat}${chosen}, ${engine}`,
  ]
  if (plan.shard !== null) {
    const { index, count, treeFiles, treeBytes } = plan.shard
    const share = treeBytes === 0 ? 0 : (100 * plan.sourceBytes) / treeBytes
    const tree = `${countOf(treeFiles, 'file')}, ${formatBytes(treeBytes)}`
    lines.push(`this is shard ${index} of ${count}: ${share.toFixed(1)}% of the bytes of ${tree}`)
  }
  if (plan.prediction !== null) {
    const { seconds, targetBytes, megabytesPerSecond } = plan.prediction
    const speed = `${threeDigits(megabytesPerSecond)} MB/s in a sample`
    lines.push(`predicted: ${formatDuration(seconds * 1000)}, ${formatBytes(targetBytes)} of targets (${speed})`)
  }
  const { unknownFormat, links, special, filteredOut } = plan.skipped
  const skipped: [number, string][] = [
    [unknownFormat.count, 'of an unknown format'],
    [links.count, 'symbolic links'],
    [special.count, 'no regular files'],
    [filteredOut, 'filtered out'],
  ]
  const parts = skipped.filter(([count]) => count > 0).map(([count, what]) => `${formatCount(count)} ${what}`)
  if (parts.length > 0) lines.push(`skipped: ${parts.join(', ')}`)
  for (const warning of plan.warnings) lines.push(`warning: ${printableMessage(warning.message)}`)
  if (plan.orphans.count > 0) {
    const what = plan.orphans.wouldBePruned
      ? 'would be removed by --prune'
      : 'left without a source (--prune removes them)'
    lines.push(`${countOf(plan.orphans.count, 'target')} ${what}`)
    for (const path of plan.orphans.examples) lines.push(`  ${printableName(join(plan.targetRoot, path))}`)
  }
  return [...lines, 'nothing was written']
}

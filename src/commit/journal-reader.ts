import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { JournalEntrySchema, type JournalEntry } from '../model/journal-entry.ts'
import type { GuardedTree } from '../storage/guarded-tree.ts'
import { bookkeepingPaths } from './bookkeeping-paths.ts'
import { formatCrc32 } from './format-crc32.ts'
import { readLines } from './read-lines.ts'
import { compareRuns, runIdOf } from './run-id.ts'

/** Lines of one file that are not as they were written. What they said is not believed. */
export interface Damage {
  /** Absolute if the target root is. */
  readonly path: string
  /** Where the first of them starts, from 0. */
  readonly offsetBytes: number
  readonly lineCount: number
}

export interface JournalSummary {
  readonly entryCount: number
  /** Journals with lines that are damaged, were only partly written, or name paths outside of their tree: one for each. */
  readonly damage: readonly Damage[]
}

/**
 * Reads every commit that the journals of a target tree prove, in the order of the runs: a later commit of a target replaces an
 * earlier one. Only one line is in memory at a time. Each line stands for itself: a damaged one does not hide those after it.
 * @param options.repair truncates each journal after its last valid line. Only the owner of the lock may ask for it.
 * @throws MigrationError BOOKKEEPING_UNSAFE.
 */
export async function readJournals(
  targetRoot: string,
  onEntry: (entry: JournalEntry, runId: string) => void,
  options: { readonly repair: boolean },
): Promise<JournalSummary> {
  const { tree, journal } = bookkeepingPaths(targetRoot)
  const names = (await tree.list(journal)).filter((name) => name.endsWith('.ndjson')).sort(compareRuns)
  const damage: Damage[] = []
  let entryCount = 0
  for (const name of names) {
    const runId = runIdOf(name)
    if (runId === null) continue
    const summary = await readJournal(tree, join(journal, name), (entry) => onEntry(entry, runId), options)
    entryCount += summary.entryCount
    damage.push(...summary.damage)
  }
  return { entryCount, damage }
}

/** Tells for each commit that the journals prove its target and its run; repairs nothing. */
export async function readProofs(targetRoot: string, onProof: (target: string, runId: string) => void): Promise<void> {
  await readJournals(targetRoot, (entry, runId) => onProof(entry.target, runId), { repair: false })
}

async function readJournal(
  tree: GuardedTree,
  path: string,
  onEntry: (entry: JournalEntry) => void,
  options: { readonly repair: boolean },
): Promise<JournalSummary> {
  // A shard that has proved nothing removes its journal when it ends, maybe while others read.
  const handle = await tree.openIfThere(path, 'r')
  if (handle === null) return { entryCount: 0, damage: [] }
  let entryCount = 0
  let lineCount = 0
  let offsetBytes = 0
  let validBytes = 0
  let totalBytes = 0
  let hasOtherName = false
  try {
    hasOtherName = (await handle.stat()).nlink > 1
    await readLines(handle, (line, endOffsetBytes) => {
      const startBytes = totalBytes
      totalBytes = endOffsetBytes
      const entry = parseJournalLine(line)
      if (entry === null) {
        if (lineCount++ === 0) offsetBytes = startBytes
        return
      }
      entryCount++
      validBytes = endOffsetBytes
      onEntry(entry)
    })
  } finally {
    await handle.close()
  }
  // A snapshot made of hard links keeps its lines, and this journal its damaged ones.
  if (options.repair && validBytes < totalBytes && !hasOtherName) await cutOff(tree, path, validBytes)
  return { entryCount, damage: lineCount === 0 ? [] : [{ path, offsetBytes, lineCount }] }
}

async function cutOff(tree: GuardedTree, path: string, lengthBytes: number): Promise<void> {
  const handle = await tree.open(path, 'r+')
  try {
    await handle.truncate(lengthBytes)
  } finally {
    await handle.close()
  }
}

/**
 * The commit in a line of `formatJournalLine`, its line feed taken off; null when the line is not exactly as it was written.
 * The checksum is over the bytes of the commit's JSON text, so it can be checked before anything is parsed.
 */
export function parseJournalLine(line: Buffer): JournalEntry | null {
  if (line.length < 28 || line.at(-1) !== 0x7d) return null
  const head = line.toString('latin1', 0, 27)
  if (!head.startsWith('{"crc":"') || !head.endsWith('","commit":')) return null
  const commit = line.subarray(27, -1)
  if (head.slice(8, 16) !== formatCrc32(crc32(commit))) return null
  const parsed = JournalEntrySchema.safeParse(parseJson(commit))
  return parsed.success ? parsed.data : null
}

function parseJson(text: Buffer): unknown {
  try {
    return JSON.parse(text.toString('utf8'))
  } catch {
    return undefined
  }
}

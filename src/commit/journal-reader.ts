import fs from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { JournalEntrySchema, type JournalEntry } from '../model/journal-entry.ts'
import { bookkeepingPaths } from './bookkeeping-paths.ts'
import { formatCrc32 } from './format-crc32.ts'
import { readLines } from './read-lines.ts'
import { compareRuns, listFolder, runIdOf } from './run-id.ts'

export interface JournalSummary {
  readonly entryCount: number
  /** Lines that are damaged or were only partly written. Their commits are not proved. */
  readonly damagedLineCount: number
}

/**
 * Reads every commit that the journals of a target tree prove, in the order of the runs: a later commit of a target replaces an
 * earlier one. Only one line is in memory at a time. Each line stands for itself: a damaged one does not hide those after it.
 * @param options.repair truncates each journal after its last valid line. Only the owner of the lock may ask for it.
 */
export async function readJournals(
  targetRoot: string,
  onEntry: (entry: JournalEntry, runId: string) => void,
  options: { readonly repair: boolean },
): Promise<JournalSummary> {
  const folder = bookkeepingPaths(targetRoot).journal
  const names = (await listFolder(folder)).filter((name) => name.endsWith('.ndjson')).sort(compareRuns)
  let entryCount = 0
  let damagedLineCount = 0
  for (const name of names) {
    const runId = runIdOf(name)
    if (runId === null) continue
    const summary = await readJournal(join(folder, name), (entry) => onEntry(entry, runId), options)
    if (summary === null) continue
    entryCount += summary.entryCount
    damagedLineCount += summary.damagedLineCount
  }
  return { entryCount, damagedLineCount }
}

/** Tells for each commit that the journals prove its target and its run; repairs nothing. */
export async function readProofs(targetRoot: string, onProof: (target: string, runId: string) => void): Promise<void> {
  await readJournals(targetRoot, (entry, runId) => onProof(entry.target, runId), { repair: false })
}

async function readJournal(
  path: string,
  onEntry: (entry: JournalEntry) => void,
  options: { readonly repair: boolean },
): Promise<JournalSummary | null> {
  const handle = await openIfThere(path, options.repair ? 'r+' : 'r')
  if (handle === null) return null
  try {
    let entryCount = 0
    let damagedLineCount = 0
    let validBytes = 0
    let totalBytes = 0
    await readLines(handle, (line, endOffsetBytes) => {
      totalBytes = endOffsetBytes
      const entry = parseJournalLine(line)
      if (entry === null) {
        damagedLineCount++
        return
      }
      entryCount++
      validBytes = endOffsetBytes
      onEntry(entry)
    })
    if (options.repair && validBytes < totalBytes) await handle.truncate(validBytes)
    return { entryCount, damagedLineCount }
  } finally {
    await handle.close()
  }
}

/** A shard that has proved nothing removes its journal when it ends, maybe while others read. */
async function openIfThere(path: string, flags: string): Promise<fs.FileHandle | null> {
  try {
    return await fs.open(path, flags)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
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

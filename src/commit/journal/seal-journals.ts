import { bookkeepingPaths, type BookkeepingPaths } from '../bookkeeping-paths.ts'
import type { TreeFile } from '../../storage/tree-files.ts'
import { formatJournalEnd } from './journal-lines.ts'
import type { UnsealedJournal } from './journal-reader.ts'
import type { AssertOwned } from '../lock/lock.ts'

interface SealOptions {
  readonly targetRoot: string
  readonly isDurable: boolean
  /** Asked before each journal: once the tree is lost, one that has no end may be somebody's who is at work. */
  readonly assertOwned: AssertOwned
}

/**
 * Brings journals of dead runs to their end: cuts off what was not written whole, and says how many commits there are. Only for who holds the
 * lock while nobody else is at work, and before the claims of these runs go: then a journal without its end can only be one that lost it.
 * @throws LOCK_LOST; errors of the system.
 */
export async function sealJournals(journals: readonly UnsealedJournal[], options: SealOptions): Promise<void> {
  const paths = bookkeepingPaths(options.targetRoot)
  for (const journal of journals) {
    await options.assertOwned()
    if (journal.entryCount === 0) await paths.tree.removeFile(journal.path)
    else await seal(journal, paths, options.isDurable)
  }
}

async function seal(journal: UnsealedJournal, paths: BookkeepingPaths, isDurable: boolean): Promise<void> {
  const { path, validBytes, entryCount, hasHeader } = journal
  await giveItsOwnFile(path, paths, isDurable)
  const file = await paths.tree.open(path, 'r+')
  try {
    await file.truncate(validBytes)
    const end = hasHeader ? formatJournalEnd(entryCount) : ''
    const text = `${(await endsInLineFeed(file, validBytes)) ? '' : '\n'}${end}`
    await writeWhole(file, Buffer.from(text), validBytes)
    if (isDurable) await file.sync()
  } finally {
    await file.close()
  }
}

/** A snapshot made of hard links must keep its lines. */
async function giveItsOwnFile(path: string, { tree }: BookkeepingPaths, isDurable: boolean): Promise<void> {
  if (((await tree.headOf(path))?.nameCount ?? 1) === 1) return
  const aside = `${path}.new`
  await tree.removeFile(aside)
  const copy = await tree.open(aside, 'wx', 0o600)
  try {
    await copy.append((await tree.read(path)) ?? '')
    if (isDurable) await copy.sync()
  } finally {
    await copy.close()
  }
  await tree.rename(aside, path)
}

async function writeWhole(file: TreeFile, bytes: Uint8Array, offset: number): Promise<void> {
  for (let from = 0; from < bytes.length;) from += await file.writeAt(bytes.subarray(from), offset + from)
}

/** The last line may be whole but for its line feed. */
async function endsInLineFeed(file: TreeFile, lengthBytes: number): Promise<boolean> {
  const last = Buffer.alloc(1)
  await file.readAt(last, 0, 1, lengthBytes - 1)
  return last[0] === LINE_FEED
}

const LINE_FEED = 10

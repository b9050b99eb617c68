import fs, { type FileHandle } from 'node:fs/promises'
import { bookkeepingPaths, type BookkeepingPaths } from '../bookkeeping-paths.ts'
import type { CommitFileSystem } from '../../storage/local/placing-file-system.ts'
import { formatJournalEnd } from './journal-lines.ts'
import type { UnsealedJournal } from './journal-reader.ts'
import type { AssertOwned } from '../lock/lock.ts'

interface SealOptions {
  readonly targetRoot: string
  readonly isDurable: boolean
  /** Asked before each journal: once the tree is lost, one that has no end may be somebody's who is at work. */
  readonly assertOwned: AssertOwned
  readonly fileSystem?: CommitFileSystem
}

/**
 * Brings journals of dead runs to their end: cuts off what was not written whole, and says how many commits there are. Only for who holds the
 * lock while nobody else is at work, and before the claims of these runs go: then a journal without its end can only be one that lost it.
 * @throws LOCK_LOST; errors of the system.
 */
export async function sealJournals(journals: readonly UnsealedJournal[], options: SealOptions): Promise<void> {
  const paths = bookkeepingPaths(options.targetRoot, options.fileSystem ?? fs)
  for (const journal of journals) {
    await options.assertOwned()
    if (journal.entryCount === 0) await paths.tree.removeFile(journal.path)
    else await seal(journal, paths, options.isDurable)
  }
}

async function seal(journal: UnsealedJournal, paths: BookkeepingPaths, isDurable: boolean): Promise<void> {
  const { path, validBytes, entryCount, hasHeader } = journal
  await giveItsOwnFile(path, paths, isDurable)
  const handle = await paths.tree.open(path, 'r+')
  try {
    await handle.truncate(validBytes)
    const end = hasHeader ? formatJournalEnd(entryCount) : ''
    const text = `${(await endsInLineFeed(handle, validBytes)) ? '' : '\n'}${end}`
    await handle.write(Buffer.from(text), 0, Buffer.byteLength(text), validBytes)
    if (isDurable) await handle.sync()
  } finally {
    await handle.close()
  }
}

/** A snapshot made of hard links must keep its lines. */
async function giveItsOwnFile(path: string, { tree }: BookkeepingPaths, isDurable: boolean): Promise<void> {
  if ((tree.statFile(path)?.nlink ?? 1) === 1) return
  const aside = `${path}.new`
  await tree.removeFile(aside)
  const copy = await tree.open(aside, 'wx', 0o600)
  try {
    await copy.writeFile((await tree.read(path)) ?? '')
    if (isDurable) await copy.sync()
  } finally {
    await copy.close()
  }
  await tree.rename(aside, path)
}

/** The last line may be whole but for its line feed. */
async function endsInLineFeed(handle: FileHandle, lengthBytes: number): Promise<boolean> {
  const last = Buffer.alloc(1)
  await handle.read(last, 0, 1, lengthBytes - 1)
  return last[0] === LINE_FEED
}

const LINE_FEED = 10

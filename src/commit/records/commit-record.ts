import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { MigrationError } from '../../errors/migration-error.ts'
import { formatCommitRecord, parseCommitRecord, type CommitRecord } from '../../model/commit-record.ts'
import type { ExclusiveBy, TreeFiles } from '../../storage/tree-files.ts'
import { fanOut, generationPaths, type Generation } from './generation-paths.ts'

/*
 * A commit record is written aside, whole and synced, and then given a name that one only can win: this is the commit point. Whoever wins
 * renames the staged files into place; anybody who finds the record may do it again.
 */

/** Where the records of a shard lie. */
export function recordFolder(generation: Generation, shard: number): string {
  return join(generationPaths(generation).records, fanOut(shard), String(shard))
}

/**
 * Makes the folder of a shard's records, but nothing above it: those folders went when the generation was closed.
 * @throws MigrationError GENERATION_CLOSED.
 */
export async function makeRecordFolder(tree: TreeFiles, folder: string): Promise<void> {
  try {
    await tree.makeOneFolder(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw generationClosed()
    throw error
  }
}

export function generationClosed(): MigrationError {
  return new MigrationError(
    'GENERATION_CLOSED',
    'this attempt at the plan has ended: what was converted for it is given up',
    {
      phase: 'commit',
    },
  )
}

/**
 * Writes a record and tries to give it its name.
 * @returns false where another node was first. The record is whole and durable before it has its name; the folder is not synced.
 * @throws MigrationError GENERATION_CLOSED where the folder of the records is gone.
 */
export async function tryToCommit(
  tree: TreeFiles,
  path: string,
  record: CommitRecord,
  options: { readonly exclusiveBy: ExclusiveBy; readonly isDurable: boolean },
): Promise<boolean> {
  const aside = `${path}.${randomBytes(6).toString('hex')}`
  try {
    await tree.write(aside, formatCommitRecord(record), options.isDurable)
    const isWon = await tree.winName(aside, path, options.exclusiveBy)
    if (!isWon || options.exclusiveBy === 'link') await tree.removeFile(aside)
    return isWon
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw generationClosed()
    throw error
  }
}

/**
 * Finds out how a name can be won in a target tree.
 * @throws MigrationError NO_EXCLUSIVE_NAMES where it cannot.
 */
export async function probeExclusiveNames(tree: TreeFiles, folder: string): Promise<ExclusiveBy> {
  const exclusiveBy = await tree.probeExclusiveNames(folder)
  if (exclusiveBy !== null) return exclusiveBy
  throw new MigrationError(
    'NO_EXCLUSIVE_NAMES',
    'the file system of the target tree has neither hard links nor symbolic links, so nodes cannot tell who was first',
    { phase: 'lock', hint: 'use --shard, which needs neither, or another file system for --out' },
  )
}

/**
 * The record of a name; null where there is none.
 * @throws errors of the system, MigrationError BOOKKEEPING_UNSAFE, and where the record is not whole.
 */
export async function readRecord(tree: TreeFiles, path: string): Promise<CommitRecord | null> {
  const bytes = await tree.readWon(path)
  return bytes === null ? null : parseCommitRecord(bytes.toString('utf8'))
}

import { randomBytes } from 'node:crypto'
import { lstatSync, readlinkSync } from 'node:fs'
import fs from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { MigrationError } from '../../errors/migration-error.ts'
import { PRIVATE_FOLDER_MODE } from '../../model/paths/file-modes.ts'
import { formatCommitRecord, parseCommitRecord, type CommitRecord } from '../../model/commit-record.ts'
import type { GuardedTree } from '../../storage/local/guarded-tree.ts'
import { fanOut, generationPaths, type Generation } from './generation-paths.ts'

/*
 * A commit record is written aside, whole and synced, and then given its name by link(), which fails where the name is taken: this is the
 * commit point. Whoever wins renames the staged files into place; anybody who finds the record may do it again. Where there are no hard
 * links, a symbolic link does the same: it too is created by one only, and it points at the record that was written aside.
 */

export type ExclusiveBy = 'link' | 'symlink'

/** The calls that win a name. Passed in for tests. */
export type LinkingFileSystem = Pick<typeof fs, 'link' | 'symlink' | 'stat'>

/** Where the records of a shard lie. */
export function recordFolder(generation: Generation, shard: number): string {
  return join(generationPaths(generation).records, fanOut(shard), String(shard))
}

/**
 * Makes the folder of a shard's records, but nothing above it: those folders went when the generation was closed.
 * @throws MigrationError GENERATION_CLOSED.
 */
export async function makeRecordFolder(tree: GuardedTree, folder: string): Promise<void> {
  try {
    tree.hasFolder(folder)
    await fs.mkdir(folder, PRIVATE_FOLDER_MODE)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') throw generationClosed()
    if (code !== 'EEXIST') throw error
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
  tree: GuardedTree,
  path: string,
  record: CommitRecord,
  options: { readonly exclusiveBy: ExclusiveBy; readonly isDurable: boolean },
): Promise<boolean> {
  const aside = `${path}.${randomBytes(6).toString('hex')}`
  try {
    await tree.write(aside, formatCommitRecord(record), options.isDurable)
    const isWon = await takeName(aside, path, options.exclusiveBy)
    if (!isWon || options.exclusiveBy === 'link') await tree.removeFile(aside)
    return isWon
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw generationClosed()
    throw error
  }
}

/** Gives a file a name that nobody has yet. @returns whether this call won it. */
export async function takeName(
  existing: string,
  name: string,
  exclusiveBy: ExclusiveBy,
  fileSystem: LinkingFileSystem = fs,
): Promise<boolean> {
  if (exclusiveBy === 'symlink') {
    try {
      await fileSystem.symlink(basename(existing), name)
      return true
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
      throw error
    }
  }
  try {
    await fileSystem.link(existing, name)
    return true
  } catch (error) {
    // The answer of a link over NFS may get lost, and its repetition finds the name taken, by itself: two names are the proof.
    const isLinked = await fileSystem.stat(existing).then(
      ({ nlink }) => nlink === 2,
      () => false,
    )
    if (isLinked) return true
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/**
 * Finds out how a name can be won on this file system.
 * @throws MigrationError NO_EXCLUSIVE_NAMES where it cannot.
 */
export async function probeExclusiveNames(
  tree: GuardedTree,
  folder: string,
  fileSystem: LinkingFileSystem = fs,
): Promise<ExclusiveBy> {
  await tree.makeFolder(folder)
  const existing = join(folder, `.probe-${randomBytes(6).toString('hex')}`)
  const name = `${existing}.name`
  await tree.write(existing, '')
  try {
    for (const exclusiveBy of ['link', 'symlink'] as const) {
      if (await isExclusive(tree, existing, name, exclusiveBy, fileSystem)) return exclusiveBy
      await tree.removeFile(name)
    }
  } finally {
    await tree.removeFile(name)
    await tree.removeFile(existing)
  }
  throw new MigrationError(
    'NO_EXCLUSIVE_NAMES',
    'the file system of the target tree has neither hard links nor symbolic links, so nodes cannot tell who was first',
    { phase: 'lock', hint: 'use --shard, which needs neither, or another file system for --out' },
  )
}

async function isExclusive(
  tree: GuardedTree,
  existing: string,
  name: string,
  exclusiveBy: ExclusiveBy,
  fileSystem: LinkingFileSystem,
): Promise<boolean> {
  try {
    if (!(await takeName(existing, name, exclusiveBy, fileSystem))) return false
    // A second one must lose; with hard links it has a file of its own, or it would be taken for a repetition.
    const other = join(dirname(existing), `${basename(existing)}.other`)
    await tree.write(other, '')
    try {
      return !(await takeName(other, name, exclusiveBy, fileSystem))
    } finally {
      await tree.removeFile(other)
    }
  } catch {
    return false
  }
}

/**
 * The record of a name; null where there is none.
 * @throws errors of the system, MigrationError BOOKKEEPING_UNSAFE, and where the record is not whole.
 */
export async function readRecord(tree: GuardedTree, path: string): Promise<CommitRecord | null> {
  const bytes = await tree.read(asideOf(tree, path))
  return bytes === null ? null : parseCommitRecord(bytes.toString('utf8'))
}

/** Where there are no hard links, a name is a link to the record beside it, and to nothing else. */
function asideOf(tree: GuardedTree, path: string): string {
  if (!tree.hasFolder(dirname(path)) || lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() !== true)
    return path
  const aside = readlinkSync(path)
  const name = basename(path)
  return aside.startsWith(`${name}.`) && /^[0-9a-f]{12}$/.test(aside.slice(name.length + 1))
    ? join(dirname(path), aside)
    : path
}

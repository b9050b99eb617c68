import { randomBytes } from 'node:crypto'
import { lstatSync, readlinkSync } from 'node:fs'
import fs from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { ExclusiveBy } from '../tree-files.ts'
import type { GuardedTree } from './guarded-tree.ts'

/*
 * A file is written aside, whole, and then given its name by link(), which fails where the name is taken. Where there are no hard links, a
 * symbolic link does the same: it too is created by one only, and it points at the file that was written aside.
 */

/** The calls that win a name. Passed in for tests. */
export type LinkingFileSystem = Pick<typeof fs, 'link' | 'symlink' | 'stat'>

/** Gives a file a name that nobody has yet. @returns whether this call won it. */
export async function winName(
  existing: string,
  name: string,
  by: ExclusiveBy,
  fileSystem: LinkingFileSystem = fs,
): Promise<boolean> {
  if (by === 'symlink') {
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

/** Finds out how a name can be won on this file system; null: it cannot. */
export async function probeExclusiveNames(
  tree: GuardedTree,
  folder: string,
  fileSystem: LinkingFileSystem = fs,
): Promise<ExclusiveBy | null> {
  await tree.makeFolder(folder)
  const existing = join(folder, `.probe-${randomBytes(6).toString('hex')}`)
  const name = `${existing}.name`
  await tree.write(existing, '')
  try {
    for (const by of ['link', 'symlink'] as const) {
      if (await isExclusive(tree, existing, { name, by, fileSystem })) return by
      await tree.removeFile(name)
    }
  } finally {
    await tree.removeFile(name)
    await tree.removeFile(existing)
  }
  return null
}

interface Probe {
  readonly name: string
  readonly by: ExclusiveBy
  readonly fileSystem: LinkingFileSystem
}

async function isExclusive(tree: GuardedTree, existing: string, { name, by, fileSystem }: Probe): Promise<boolean> {
  try {
    if (!(await winName(existing, name, by, fileSystem))) return false
    // A second one must lose; with hard links it has a file of its own, or it would be taken for a repetition.
    const other = join(dirname(existing), `${basename(existing)}.other`)
    await tree.write(other, '')
    try {
      return !(await winName(other, name, by, fileSystem))
    } finally {
      await tree.removeFile(other)
    }
  } catch {
    return false
  }
}

/** The file behind a name that was won: where there are no hard links, a link to the file beside it that was written aside, and to nothing else. */
export function fileOfName(tree: GuardedTree, path: string): string {
  if (!tree.hasFolder(dirname(path)) || lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() !== true)
    return path
  const aside = readlinkSync(path)
  const name = basename(path)
  return aside.startsWith(`${name}.`) && /^[0-9a-f]{12}$/.test(aside.slice(name.length + 1))
    ? join(dirname(path), aside)
    : path
}

/** Gives a complete file a second name. @returns false where the name is taken. */
export async function addName(existing: string, name: string): Promise<boolean> {
  try {
    await fs.link(existing, name)
    return true
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    if (code === 'EEXIST') return false
    if (!NO_HARD_LINKS.has(code)) throw error
  }
  // FAT, some FUSE and network mounts: the name is still won by one only, though a reader may for an instant see it empty.
  try {
    await fs.copyFile(existing, name, fs.constants.COPYFILE_EXCL)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

const NO_HARD_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'])

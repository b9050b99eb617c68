import { readlinkSync, type Stats } from 'node:fs'
import { MigrationError } from '../../errors/migration-error.ts'
import { printableName } from '../../errors/printable-name.ts'
import { BOOKKEEPING_FOLDER } from '../../model/paths/path-inside.ts'

/** What something in a tree is, in the words of messages. @param path tells where a link leads to. */
export function describeEntry(path: string, stats: Pick<Stats, EntryQuestions>): string {
  if (stats.isSymbolicLink()) return `a symbolic link${destinationOf(path)}`
  if (stats.isFile()) return 'a file'
  if (stats.isDirectory()) return 'a folder'
  if (stats.isFIFO()) return 'a FIFO'
  if (stats.isSocket()) return 'a socket'
  return 'a device'
}

type EntryQuestions = 'isSymbolicLink' | 'isFile' | 'isDirectory' | 'isFIFO' | 'isSocket'

function destinationOf(path: string): string {
  try {
    return ` to ${printableName(readlinkSync(path))}`
  } catch {
    return ''
  }
}

/**
 * The error for something that is in the place of a file or folder of Drover's, and is none.
 * @param path absolute.
 * @returns BOOKKEEPING_UNSAFE for what lies in `.migrate`; TARGET_LINK, TARGET_NOT_A_FOLDER or TARGET_EXISTS for what targets need.
 */
export function unsafeEntry(path: string, what: string, wanted: 'file' | 'folder'): MigrationError {
  const shown = printableName(path)
  if (`${path}/`.includes(`/${BOOKKEEPING_FOLDER}/`)) {
    return new MigrationError('BOOKKEEPING_UNSAFE', `${shown} is ${what}, where Drover keeps a ${wanted} of its own`, {
      phase: 'commit',
      hint: 'nothing behind it was touched: move it away, or put back what was there, and run the same command again',
      position: { file: path },
    })
  }
  if (wanted === 'file') {
    return new MigrationError('TARGET_EXISTS', `${shown} is ${what}, and was not made by Drover`, {
      phase: 'commit',
      hint: 'folders and links are never replaced: move it away, or give --out another folder',
    })
  }
  if (what.startsWith('a symbolic link')) {
    return new MigrationError('TARGET_LINK', `${shown} is ${what}, and targets would be written through it`, {
      phase: 'commit',
      hint: 'put a real folder in its place, or give --out the folder that it leads to',
    })
  }
  return new MigrationError('TARGET_NOT_A_FOLDER', `${shown} is ${what}, but targets belong below it`, {
    phase: 'commit',
    hint: 'move it away, or give --out another folder',
  })
}

/** The error for a place, below something that would be removed, over which something is mounted. @param path absolute. */
export function mountedEntry(path: string): MigrationError {
  const message = `${printableName(path)} is a place where something is mounted, and would be emptied with what a dead run left there`
  return new MigrationError('BOOKKEEPING_UNSAFE', message, {
    phase: 'commit',
    hint: 'nothing of it was touched: unmount it, and run the same command again',
    position: { file: path },
  })
}

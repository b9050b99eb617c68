import { readdirSync, realpathSync, statSync } from 'node:fs'
import type { BigIntStats } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { MigrationError, fromWireError, isSystemError, toWireError } from '../errors/migration-error.ts'
import { printableName } from '../errors/printable-name.ts'
import { suggestNearest } from '../errors/suggest-nearest.ts'
import { parseShellPattern } from './shell-pattern.ts'

/** What `--in` means: a file, a folder, or a pattern. Roots are absolute real paths. */
export type Source =
  | { readonly kind: 'file'; readonly root: string; readonly name: string; readonly stats: BigIntStats }
  | { readonly kind: 'folder'; readonly root: string }
  | {
      readonly kind: 'pattern'
      /** The folder that the pattern starts in: what stands before its first part with a wildcard. */
      readonly root: string
      readonly matches: (path: string) => boolean
      /** Levels of folders that the pattern can reach; Infinity with `**`. */
      readonly depth: number
    }

/**
 * Finds the source. A path that exists is taken as it is, even where it could be read as a pattern.
 * In a pattern wildcards mean what they mean to a shell: `*` stays inside a folder and does not match a leading dot.
 * @throws MigrationError NO_SUCH_SOURCE with the nearest thing that exists; WRONG_USE for a pipe, socket or device; the errno's name
 *   where the path cannot be looked at.
 */
export function resolveSource(given: string): Source {
  const stats = statIfThere(given)
  if (stats?.isDirectory()) return { kind: 'folder', root: realpathSync.native(given) }
  // The name is the one the user gave, even where it is a link: targets are named after it.
  if (stats?.isFile())
    return { kind: 'file', root: realpathSync.native(dirname(resolve(given))), name: basename(given), stats }
  if (stats !== undefined) {
    throw new MigrationError('WRONG_USE', `--in ${printableName(given)} is neither a file nor a folder`, {
      phase: 'discover',
      hint: 'pipes, sockets and devices are not read: save the content to a file first',
    })
  }
  return resolvePattern(given) ?? refuse(given)
}

function resolvePattern(given: string): Source | null {
  const pattern = parseShellPattern(given)
  const folder = pattern?.base === '' ? '.' : pattern?.base
  if (pattern === null || folder === undefined || !statIfThere(folder)?.isDirectory()) return null
  const { matches, depth } = pattern
  return { kind: 'pattern', root: realpathSync.native(folder), matches, depth }
}

function statIfThere(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false })
  } catch (thrown) {
    // A path that goes through a file is not there either, nor is a pattern longer than any name.
    if (isSystemError(thrown) && (thrown.code === 'ENOTDIR' || thrown.code === 'ENAMETOOLONG')) return undefined
    throw fromWireError(toWireError(thrown, { phase: 'discover', file: path }))
  }
}

function refuse(given: string): never {
  throw new MigrationError('NO_SUCH_SOURCE', `there is no file or folder ${printableName(given)}`, {
    phase: 'discover',
    hint: nearestThatExists(resolve(given)),
  })
}

function nearestThatExists(missing: string): string {
  const parent = dirname(missing)
  const parentStats = statIfThere(parent)
  if (parentStats === undefined && parent !== missing) return nearestThatExists(parent)
  const shownParent = printableName(parent)
  if (!parentStats?.isDirectory()) return `${shownParent} is not a folder`
  let similar: string | undefined
  try {
    similar = suggestNearest(basename(missing), readdirSync(parent))
  } catch {
    // A parent that cannot be listed has nothing to suggest.
  }
  if (similar !== undefined) return `did you mean ${printableName(resolve(parent, similar))}?`
  return `the nearest folder that exists is ${shownParent}`
}

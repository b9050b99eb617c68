import { isUtf8 } from 'node:buffer'
import { lstatSync, readdirSync, realpathSync, statSync } from 'node:fs'
import type { BigIntStats } from 'node:fs'
import type { WireError } from '../errors/migration-error.ts'
import { toWireError } from '../errors/migration-error.ts'
import { printableName, printableNameBytes } from '../errors/printable-name.ts'
import { BOOKKEEPING_FOLDER } from '../model/paths/path-inside.ts'

/**
 * Our own walker, because common ones drop a folder that cannot be read without a word, and garble names that are no UTF-8.
 * Names are read as latin1, where each character stands for one byte: nothing is lost, and sorting them sorts by bytes.
 * A million names as Buffers would take three times the memory.
 */

/** One thing met in the tree. Paths are relative to the tree's top, `/` between parts; the top itself is ''. */
export type WalkEntry =
  | {
      readonly kind: 'file'
      readonly folder: string
      readonly name: string
      readonly sizeBytes: number
      readonly mtimeNs: bigint
    }
  /** A link that is not followed. */
  | { readonly kind: 'link'; readonly path: string }
  /** A socket, pipe or device. */
  | { readonly kind: 'special'; readonly path: string }
  /** A folder of Drover's own. */
  | { readonly kind: 'bookkeeping'; readonly path: string }
  /** A folder that is not entered because of `rule`. */
  | { readonly kind: 'left-out'; readonly path: string; readonly rule: string }
  /** `path` is the nearest valid text for the name, for filters; the error shows its bytes. */
  | { readonly kind: 'failed'; readonly path: string; readonly isFolder: boolean; readonly error: WireError }

export interface WalkOptions {
  /** Levels of folders: 1 takes only what lies directly in the tree's top. */
  readonly maxDepth: number
  /** Follow links whose real path stays inside the tree. */
  readonly followLinks: boolean
  /** The rule for which a folder is not entered, or null. */
  readonly ruleAgainstFolder: (path: string) => string | null
}

interface Folder {
  readonly path: string
  readonly depth: number
  readonly parent: Folder | null
  /** Device and inode: the folder's identity, whichever links lead to it. */
  readonly identity: string
}

/**
 * Walks a tree, folders before what is below them, the files of a folder together and before its subfolders, each sorted by the
 * bytes of their names: the same tree always gives the same order.
 *
 * A folder named `.migrate` is never entered, at any level and whatever it holds: its targets would land in the target tree's own
 * bookkeeping, and a look at what is inside would make the list depend on an earlier run's state.
 * An entry that vanishes between listing and looking is not there.
 * @param root absolute real path of the tree's top.
 * @throws the system error where the top itself cannot be listed; below it such a folder is an entry of kind `failed`.
 */
export function* walk(root: string, options: WalkOptions): Generator<WalkEntry, void> {
  const pending: Folder[] = [
    { path: '', depth: 1, parent: null, identity: identityOf(statSync(root, { bigint: true })) },
  ]
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    let names: string[]
    try {
      names = readdirSync(absolute(root, folder.path), { encoding: 'latin1' }).sort()
    } catch (thrown) {
      if (folder.parent === null) throw thrown
      yield failed(folder.path, true, thrown)
      continue
    }
    const subfolders: Folder[] = []
    for (const byteName of names) {
      const entry = look(root, folder, byteName, options)
      if (entry === null) continue
      if ('identity' in entry) subfolders.push(entry)
      else yield entry
    }
    for (const subfolder of subfolders.toReversed()) pending.push(subfolder)
  }
}

function look(root: string, folder: Folder, byteName: string, options: WalkOptions): WalkEntry | Folder | null {
  const { name, isValid } = decodeName(byteName)
  const path = join(folder.path, name)
  try {
    const named = isValid ? absolute(root, path) : bytepath(absolute(root, folder.path), byteName)
    let stats: BigIntStats | undefined = lstatSync(named, { bigint: true, throwIfNoEntry: false })
    if (stats?.isSymbolicLink()) {
      stats = options.followLinks && isValid ? statsInside(root, path) : undefined
      if (stats === undefined) return { kind: 'link', path }
    }
    if (stats === undefined) return null
    if (stats.isDirectory()) {
      const found = subfolder(folder, path, name, stats, options)
      return isValid || 'kind' in found ? found : notUtf8(path, true, folder.path, byteName)
    }
    if (!stats.isFile()) return { kind: 'special', path }
    if (!isValid) return notUtf8(path, false, folder.path, byteName)
    return { kind: 'file', folder: folder.path, name, sizeBytes: Number(stats.size), mtimeNs: stats.mtimeNs }
  } catch (thrown) {
    return failed(path, false, thrown)
  }
}

function subfolder(
  parent: Folder,
  path: string,
  name: string,
  stats: BigIntStats,
  options: WalkOptions,
): WalkEntry | Folder {
  if (name === BOOKKEEPING_FOLDER) return { kind: 'bookkeeping', path }
  const rule = parent.depth >= options.maxDepth ? '--max-depth' : options.ruleAgainstFolder(path)
  if (rule !== null) return { kind: 'left-out', path, rule }
  const identity = identityOf(stats)
  // Only a link can lead back to a folder that we are in.
  for (let above: Folder | null = parent; above !== null; above = above.parent) {
    if (above.identity === identity) return { kind: 'link', path }
  }
  return { path, depth: parent.depth + 1, parent, identity }
}

/** What a link leads to, or undefined where that is gone, outside the tree, or bookkeeping. */
function statsInside(root: string, path: string): BigIntStats | undefined {
  let real: string
  try {
    real = realpathSync.native(absolute(root, path))
  } catch {
    return undefined
  }
  const top = root === '/' ? root : `${root}/`
  if (real !== root && !real.startsWith(top)) return undefined
  if (real.slice(top.length).split('/').includes(BOOKKEEPING_FOLDER)) return undefined
  return statSync(real, { bigint: true, throwIfNoEntry: false })
}

function identityOf(stats: BigIntStats): string {
  return `${stats.dev}:${stats.ino}`
}

/** The name as text; where its bytes are no UTF-8, the nearest valid text. */
function decodeName(byteName: string): { name: string; isValid: boolean } {
  // Most names are ASCII, which is the same in both encodings.
  if (!/[^\0-\x7f]/.test(byteName)) return { name: byteName, isValid: true }
  const bytes = Buffer.from(byteName, 'latin1')
  return { name: bytes.toString('utf8'), isValid: isUtf8(bytes) }
}

function bytepath(folder: string, byteName: string): Buffer {
  return Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(byteName, 'latin1')])
}

function notUtf8(path: string, isFolder: boolean, folder: string, byteName: string): WalkEntry {
  const shown = join(printableName(folder), printableNameBytes(Buffer.from(byteName, 'latin1')))
  const error: WireError = {
    code: 'NAME_NOT_UTF8',
    phase: 'discover',
    message: `the name ${shown} is not valid UTF-8${isFolder ? ', so nothing below this folder is read' : ''}`,
    hint: 'rename it, or leave it out with --exclude',
    position: { file: shown },
    isRetryable: false,
  }
  return { kind: 'failed', path, isFolder, error }
}

function failed(path: string, isFolder: boolean, thrown: unknown): WalkEntry {
  return { kind: 'failed', path, isFolder, error: toWireError(thrown, { phase: 'discover', file: path }) }
}

function join(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`
}

function absolute(root: string, path: string): string {
  if (path === '') return root
  return root === '/' ? `/${path}` : `${root}/${path}`
}

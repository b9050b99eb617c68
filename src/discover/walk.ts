import type { WireError } from '../errors/migration-error.ts'
import { toWireError } from '../errors/migration-error.ts'
import { printableName, printableNameBytes } from '../errors/printable-name.ts'
import { BOOKKEEPING_FOLDER } from '../model/paths/path-inside.ts'
import { type Answer, isPromise } from '../storage/answer.ts'
import type { SourceEntry, SourceStorage } from '../storage/source-storage.ts'

/**
 * Our own walker, because common ones drop a folder that cannot be read without a word, and garble names that are no UTF-8.
 */

/** One thing met in the tree. Paths are relative to the tree's top, `/` between parts; the top itself is ''. */
export type WalkEntry =
  | Extract<SourceEntry, { readonly kind: 'file' }>
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
  /** Whichever links lead to it. */
  readonly identity: string
}

/** What walks say: entries, and where a storage answers later, promises to be waited for before going on. */
export type Walk = Generator<WalkEntry | Promise<void>, void>

/**
 * Walks a tree, folders before what is below them, the files of a folder together and before its subfolders, each sorted by the
 * bytes of their names: the same tree always gives the same order.
 *
 * A folder named `.migrate` is never entered, at any level and whatever it holds: its targets would land in the target tree's own
 * bookkeeping, and a look at what is inside would make the list depend on an earlier run's state.
 * An entry that vanishes between listing and looking is not there.
 * @param root of the tree, as the storage names it.
 * @throws the storage's error where the top itself cannot be listed; below it such a folder is an entry of kind `failed`.
 */
export function* walk(storage: SourceStorage, root: string, options: WalkOptions): Walk {
  const { followLinks } = options
  const identity = yield* waitFor(storage.identify({ root, path: '', followLinks }))
  const pending: Folder[] = [{ path: '', depth: 1, parent: null, identity }]
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    let entries: Iterable<SourceEntry>
    try {
      entries = yield* waitFor(storage.list({ root, path: folder.path, followLinks }))
    } catch (thrown) {
      if (folder.parent === null) throw thrown
      yield failed(folder.path, true, thrown)
      continue
    }
    const subfolders: Folder[] = []
    for (const found of entries) {
      const entry = meet(folder, found, options)
      if ('identity' in entry) subfolders.push(entry)
      else yield entry
    }
    for (const subfolder of subfolders.toReversed()) pending.push(subfolder)
  }
}

/** Hands a promise out to be waited for, and goes on with what it came to. */
export function* waitFor<Value>(answer: Answer<Value>): Generator<Promise<void>, Value> {
  if (!isPromise(answer)) return answer
  let value: { readonly of: Value } | null = null
  let failure: { readonly of: unknown } | null = null
  yield answer.then(
    (of) => void (value = { of }),
    (of: unknown) => void (failure = { of }),
  )
  return takeOutcome(value, failure)
}

function takeOutcome<Value>(value: { readonly of: Value } | null, failure: { readonly of: unknown } | null): Value {
  if (value !== null) return value.of
  throw failure?.of ?? new Error('a walk went on before its storage had answered')
}

function meet(folder: Folder, entry: SourceEntry, options: WalkOptions): WalkEntry | Folder {
  if (entry.kind === 'file') return entry
  const { name } = entry
  const path = join(folder.path, name)
  switch (entry.kind) {
    case 'folder':
      return subfolder(folder, path, { name, identity: entry.identity }, options)
    case 'unreadable-name': {
      const found = entry.isFolder ? subfolder(folder, path, { name, identity: '' }, options) : null
      return found !== null && 'kind' in found ? found : notUtf8(path, entry.isFolder, folder.path, entry.bytes)
    }
    case 'failed':
      return failed(path, false, entry.error)
    case 'link':
    case 'special':
      return { kind: entry.kind, path }
  }
}

function subfolder(
  parent: Folder,
  path: string,
  { name, identity }: { readonly name: string; readonly identity: string },
  options: WalkOptions,
): WalkEntry | Folder {
  if (name === BOOKKEEPING_FOLDER) return { kind: 'bookkeeping', path }
  const rule = parent.depth >= options.maxDepth ? '--max-depth' : options.ruleAgainstFolder(path)
  if (rule !== null) return { kind: 'left-out', path, rule }
  // Only a link can lead back to a folder that we are in.
  for (let above: Folder | null = parent; above !== null; above = above.parent) {
    if (above.identity === identity) return { kind: 'link', path }
  }
  return { path, depth: parent.depth + 1, parent, identity }
}

function notUtf8(path: string, isFolder: boolean, folder: string, bytes: Uint8Array): WalkEntry {
  const shown = join(printableName(folder), printableNameBytes(bytes))
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

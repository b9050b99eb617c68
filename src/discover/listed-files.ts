import { isUtf8 } from 'node:buffer'
import { posix } from 'node:path'
import type { WireError } from '../errors/migration-error.ts'
import { MigrationError, isSystemError, toWireError } from '../errors/migration-error.ts'
import { printableName, printableNameBytes } from '../errors/printable-name.ts'
import { readNamedFile } from '../system/read-named-file.ts'
import type { SourceFolder, SourceStorage } from '../storage/source-storage.ts'
import { waitFor, type Walk, type WalkEntry } from './walk.ts'

/**
 * The files named by --files-from and --files-from0: exactly these, without a walk. The lists are bytes until a name proves to
 * be UTF-8.
 */

export interface ListOptions {
  readonly filesFrom: readonly string[]
  readonly filesFrom0: readonly string[]
  /** Follow links whose real path stays inside the tree. */
  readonly links: boolean
}

/**
 * Looks at each listed file, in the order of a walk (the files of a folder together), each once however often it is listed.
 * A file that is not there is an entry of kind `failed`: the list says that it should be.
 * @param root of the source tree, which the listed paths are relative to.
 * @throws MigrationError WRONG_USE for a list that cannot be read and for a path that leaves the tree.
 */
export async function listedFiles(storage: SourceStorage, root: string, options: ListOptions): Promise<Walk> {
  const texts = new Map<string, Buffer>()
  for (const list of options.filesFrom) texts.set(list, await readList('--files-from', list))
  const texts0 = new Map<string, Buffer>()
  for (const list of options.filesFrom0) texts0.set(list, await readList('--files-from0', list))
  const paths = new Set<string>()
  return lookAtListed(storage, { root, followLinks: options.links }, { paths, texts, texts0 })
}

interface Lists {
  /** Filled as the lists are read. */
  readonly paths: Set<string>
  readonly texts: ReadonlyMap<string, Buffer>
  readonly texts0: ReadonlyMap<string, Buffer>
}

function* lookAtListed(
  storage: SourceStorage,
  tree: Pick<SourceFolder, 'root' | 'followLinks'>,
  { paths, texts, texts0 }: Lists,
): Walk {
  for (const [list, text] of texts) yield* addPaths(paths, list, lines(text))
  for (const [list, text] of texts0) yield* addPaths(paths, list, split(text, 0))
  let folder: SourceFolder = { ...tree, path: '..' }
  for (const path of [...paths].sort(byFolderThenName)) {
    const { dir, base } = posix.parse(path)
    if (folder.path !== dir) folder = { ...tree, path: dir }
    yield* lookAtFile(storage, folder, base)
  }
}

async function readList(flag: string, file: string): Promise<Buffer> {
  try {
    return await readNamedFile(file)
  } catch (cause) {
    const reason = isSystemError(cause) ? `: ${cause.code}` : ''
    const message = `${flag} ${printableName(file)} cannot be read${reason}`
    throw new MigrationError('WRONG_USE', message, { phase: 'discover', cause })
  }
}

/** Lines without comments (`#`) and without the carriage return that editors on Windows leave. */
function* lines(list: Buffer): Generator<Buffer, void> {
  for (const line of split(list, 0x0a)) {
    const name = line.at(-1) === 0x0d ? line.subarray(0, -1) : line
    if (name[0] !== 0x23) yield name
  }
}

function* split(list: Buffer, separator: number): Generator<Buffer, void> {
  for (let start = 0; start < list.length;) {
    const at = list.indexOf(separator, start)
    const end = at < 0 ? list.length : at
    yield list.subarray(start, end)
    start = end + 1
  }
}

function* addPaths(paths: Set<string>, list: string, names: Iterable<Buffer>): Generator<WalkEntry, void> {
  for (const name of names) {
    if (name.length === 0) continue
    if (!isUtf8(name)) {
      yield notThere(
        name.toString('utf8'),
        'NAME_NOT_UTF8',
        `the listed name ${printableNameBytes(name)} is not valid UTF-8`,
      )
      continue
    }
    const path = posix.normalize(name.toString('utf8').replace(/^\/+/, ''))
    if (path === '..' || path.startsWith('../')) {
      throw new MigrationError(
        'WRONG_USE',
        `"${printableName(path)}" in ${printableName(list)} is outside the source tree`,
        {
          phase: 'discover',
          hint: 'listed paths are relative to --in',
        },
      )
    }
    paths.add(path)
  }
}

function byFolderThenName(left: string, right: string): number {
  const leftFolder = posix.dirname(left)
  const rightFolder = posix.dirname(right)
  if (leftFolder !== rightFolder) return leftFolder < rightFolder ? -1 : 1
  return left < right ? -1 : left > right ? 1 : 0
}

function* lookAtFile(storage: SourceStorage, folder: SourceFolder, name: string): Walk {
  const path = posix.join(folder.path, name)
  try {
    const entry = yield* waitFor(storage.look(folder, name))
    if (entry === null) yield notThere(path, 'SOURCE_MISSING', `the listed file ${printableName(path)} does not exist`)
    else if (entry.kind === 'file') yield entry
    else if (entry.kind === 'folder')
      yield notThere(path, 'EISDIR', `the listed path ${printableName(path)} is a folder, not a file`)
    else yield { kind: entry.kind === 'link' ? 'link' : 'special', path }
  } catch (thrown) {
    yield { kind: 'failed', path, isFolder: false, error: toWireError(thrown, { phase: 'discover', file: path }) }
  }
}

function notThere(path: string, code: string, message: string): WalkEntry {
  const hint = 'listed paths are relative to --in and name files, one each'
  const error: WireError = { code, phase: 'discover', message, hint, position: { file: path }, isRetryable: false }
  return { kind: 'failed', path, isFolder: false, error }
}

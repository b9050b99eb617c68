import { createHash } from 'node:crypto'
import { basename, dirname, join } from 'node:path'
import { PRIVATE_FILE_MODE, PRIVATE_FOLDER_MODE } from '../model/paths/file-modes.ts'
import type { BookkeepingPaths } from './bookkeeping-paths.ts'
import type { PublishingSession, TargetFolder } from '../storage/target-storage.ts'

/*
 * The rejects of `a/b.csv` lie in `.migrate/rejects/a/b.csv.ndjson`. Where that name cannot be had (too long, or a folder of that name
 * holds the rejects of another file) they lie under a hashed name, and a line in `rejects/index.ndjson` says which.
 */

/** Errors that say: not under this name. */
const NO_SUCH_NAME = new Set(['ENAMETOOLONG', 'ENOTDIR', 'EEXIST', 'EISDIR', 'ENOTEMPTY'])

interface RejectsPlace {
  readonly paths: BookkeepingPaths
  readonly session: PublishingSession
  readonly isDurable: boolean
}

/** Where the rejects of a source lie unless the file system refuses the name. */
function plainPath(paths: BookkeepingPaths, source: string): string | null {
  const path = join(paths.rejects, `${source}.ndjson`)
  return path === paths.rejectsIndex ? null : path
}

function hashedName(source: string): string {
  return `${createHash('sha256').update(source).digest('hex').slice(0, 24)}.ndjson`
}

/**
 * Renames a staged rejects file to its place, over one of an earlier run.
 * @returns the folders that changed, for syncing.
 * @throws MigrationError BOOKKEEPING_UNSAFE where a link or the like is on the way.
 */
export async function placeRejects(place: RejectsPlace, source: string, stagedPath: string): Promise<string[]> {
  const { paths } = place
  const path = plainPath(paths, source)
  if (path !== null) {
    try {
      return await renameInto(place, dirname(path), stagedPath, basename(path))
    } catch (error) {
      if (!(await isNameTaken(error, place, path))) throw error
    }
  }
  const name = hashedName(source)
  return renameInto(place, paths.rejects, stagedPath, name, async () => {
    // The line first: a rejects file that nothing names could not be found, a name without a file does no harm.
    await addToIndex(place, { file: source, rejects: name })
  })
}

async function renameInto(
  { session }: RejectsPlace,
  folder: string,
  stagedPath: string,
  name: string,
  before?: () => Promise<void>,
): Promise<string[]> {
  const changedFolders: string[] = []
  const held = await session.folderOrMake(
    folder,
    () => PRIVATE_FOLDER_MODE,
    (changed) => changedFolders.push(changed),
  )
  try {
    await before?.()
    await held.replace(stagedPath, name)
    return [...changedFolders, folder]
  } finally {
    held.release()
  }
}

async function addToIndex(
  { paths, isDurable }: RejectsPlace,
  entry: { readonly file: string; readonly rejects: string },
): Promise<void> {
  const line = `${JSON.stringify(entry)}\n`
  const handle = await paths.tree.open(paths.rejectsIndex, 'a+', PRIVATE_FILE_MODE)
  try {
    if ((await paths.tree.read(paths.rejectsIndex))?.includes(line)) return
    await handle.append(line)
    if (isDurable) await handle.sync()
  } finally {
    await handle.close()
  }
}

/**
 * Removes the rejects of a source that an earlier run left.
 * @returns the folders that may have changed and are there, for syncing.
 * @throws as `placeRejects`.
 */
export async function removeRejects(place: RejectsPlace, source: string): Promise<string[]> {
  const path = plainPath(place.paths, source)
  if (path !== null) {
    try {
      return await removeFrom(place, dirname(path), basename(path))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EPERM' && !(await isNameTaken(error, place, path))) throw error
    }
  }
  return removeFrom(place, place.paths.rejects, hashedName(source))
}

/**
 * Looks whether the folders of a source's rejects can be reached, as far as they are there.
 * @throws as `removeRejects` would.
 */
export async function requireWayToRejects(place: RejectsPlace, source: string): Promise<void> {
  const path = plainPath(place.paths, source)
  release(await place.session.folder(place.paths.rejects))
  if (path === null) return
  try {
    release(await place.session.folder(dirname(path)))
  } catch (error) {
    if (!(await isNameTaken(error, place, path))) throw error
  }
}

function release(folder: TargetFolder | null): void {
  folder?.release()
}

async function removeFrom({ session }: RejectsPlace, folder: string, name: string): Promise<string[]> {
  const held = await session.folder(folder)
  if (held === null) return []
  try {
    return (await held.remove(name)) ? [folder] : []
  } finally {
    held.release()
  }
}

/** Whether a name cannot be had for the rejects of this source: it is too long, or those of another one are in its way. */
async function isNameTaken(error: unknown, { paths }: RejectsPlace, path: string): Promise<boolean> {
  const code = (error as NodeJS.ErrnoException).code ?? ''
  if (code !== 'BOOKKEEPING_UNSAFE') return NO_SUCH_NAME.has(code)
  for (let slash = path.indexOf('/', paths.rejects.length + 1); slash > 0; slash = path.indexOf('/', slash + 1)) {
    const found = await paths.tree.look(path.slice(0, slash))
    if (found?.kind !== 'folder') return found?.kind === 'file'
  }
  return false
}

/** Whether earlier runs left any rejects. Where none did, a run need not look for stale ones at each of a million files. */
export async function hasRejectsOfEarlierRuns(paths: BookkeepingPaths): Promise<boolean> {
  return (await paths.tree.list(paths.rejects)).length > 0
}

/** Where the rejects of a source lie: under the plain name if they are there, else under the hashed one. */
export async function findRejects(paths: BookkeepingPaths, source: string): Promise<string> {
  const path = plainPath(paths, source)
  return path !== null && (await sizeOf(paths, path)) !== null ? path : join(paths.rejects, hashedName(source))
}

/** The size of the rejects of a source; null where there are none. */
export async function rejectsSize(paths: BookkeepingPaths, source: string): Promise<number | null> {
  return sizeOf(paths, await findRejects(paths, source))
}

async function sizeOf({ tree }: BookkeepingPaths, path: string): Promise<number | null> {
  try {
    const found = await tree.look(path)
    return found?.kind === 'file' ? found.sizeBytes : null
  } catch {
    return null
  }
}

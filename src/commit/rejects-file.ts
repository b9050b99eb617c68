import { createHash } from 'node:crypto'
import fs from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { BookkeepingPaths } from './bookkeeping-paths.ts'
import { makeFolder, removeFile, type CommitFileSystem } from './commit-file-system.ts'

/*
 * The rejects of `a/b.csv` lie in `.migrate/rejects/a/b.csv.ndjson`. Where that name cannot be had (too long, or a folder of that name
 * holds the rejects of another file) they lie under a hashed name, and a line in `rejects/index.ndjson` says which.
 */

/** Errors that say: not under this name. */
const NO_SUCH_NAME = new Set(['ENAMETOOLONG', 'ENOTDIR', 'EEXIST', 'EISDIR', 'ENOTEMPTY'])

interface RejectsPlace {
  readonly paths: BookkeepingPaths
  readonly fileSystem: CommitFileSystem
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
 */
export async function placeRejects(place: RejectsPlace, source: string, stagedPath: string): Promise<string[]> {
  const { paths, fileSystem } = place
  const path = plainPath(paths, source)
  if (path !== null) {
    try {
      const changedFolders = await makeFolder(fileSystem, dirname(path))
      await fileSystem.rename(stagedPath, path)
      return [...changedFolders, dirname(path)]
    } catch (error) {
      if (!NO_SUCH_NAME.has((error as NodeJS.ErrnoException).code ?? '')) throw error
    }
  }
  const changedFolders = await makeFolder(fileSystem, paths.rejects)
  const name = hashedName(source)
  // The line first: a rejects file that nothing names could not be found, a name without a file does no harm.
  await addToIndex(place, { file: source, rejects: name })
  await fileSystem.rename(stagedPath, join(paths.rejects, name))
  return [...changedFolders, paths.rejects]
}

async function addToIndex(
  { paths, fileSystem, isDurable }: RejectsPlace,
  entry: { readonly file: string; readonly rejects: string },
): Promise<void> {
  const line = `${JSON.stringify(entry)}\n`
  const handle = await fileSystem.open(paths.rejectsIndex, 'a+')
  try {
    if ((await handle.readFile('utf8')).includes(line)) return
    await handle.appendFile(line)
    if (isDurable) await handle.sync()
  } finally {
    await handle.close()
  }
}

/**
 * Removes the rejects of a source that an earlier run left.
 * @returns the folders that may have changed and are there, for syncing.
 */
export async function removeRejects({ paths, fileSystem }: RejectsPlace, source: string): Promise<string[]> {
  const path = plainPath(paths, source)
  try {
    if (path !== null) {
      await fileSystem.unlink(path)
      return [dirname(path)]
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    if (code === 'ENOENT') return []
    if (!NO_SUCH_NAME.has(code) && code !== 'EPERM') throw error
  }
  await removeFile(fileSystem, join(paths.rejects, hashedName(source)))
  return [paths.rejects]
}

/** Whether earlier runs left any rejects. Where none did, a run need not look for stale ones at each of a million files. */
export async function hasRejectsOfEarlierRuns(paths: BookkeepingPaths): Promise<boolean> {
  try {
    return (await fs.readdir(paths.rejects)).length > 0
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

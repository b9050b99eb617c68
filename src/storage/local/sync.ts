import { constants } from 'node:fs'
import type { TreeFileSystem } from './tree-file-system.ts'

/** Makes the entries of a folder durable. A file system that cannot sync folders (some network mounts) is taken at its word. */
export async function syncFolder(fileSystem: TreeFileSystem, folder: string): Promise<void> {
  const handle = await fileSystem.open(folder, OPEN_FOLDER)
  try {
    await handle.sync()
  } catch (error) {
    if (!NO_FOLDER_SYNC.has((error as NodeJS.ErrnoException).code ?? '')) throw error
  } finally {
    await handle.close()
  }
}

// Systems that lack one have undefined for it, which counts as 0.
const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants
/** A FIFO or a device in the folder's place is never opened. */
const OPEN_FOLDER = O_RDONLY | O_DIRECTORY
/** Nor is one in a file's place waited for, or a link followed. */
const OPEN_FILE = O_RDONLY | O_NOFOLLOW | O_NONBLOCK

const NO_FOLDER_SYNC = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])

/** Makes the content of a file durable. */
export async function syncFile(fileSystem: TreeFileSystem, path: string): Promise<void> {
  const handle = await fileSystem.open(path, OPEN_FILE)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

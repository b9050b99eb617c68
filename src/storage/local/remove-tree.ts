import { closeSync, constants, existsSync, openSync } from 'node:fs'
import fs from 'node:fs/promises'
import { join } from 'node:path'

const OPEN_FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW

/**
 * Removes a folder and all below it. Links are removed and not followed, also those that take a folder's place meanwhile: each folder is
 * held open while its entries are removed by way of /proc, which leads to the folder itself and not to whatever has its name by
 * then. Where there is no /proc, Node's own removal is taken, which looks before each step.
 * @throws errors of the system.
 */
export async function removeHeldTree(folder: string): Promise<void> {
  if (!canHold()) return fs.rm(folder, { recursive: true, force: true })
  await emptyFolder(folder)
  await ignoreGone(fs.rmdir(folder))
}

let isProcThere: boolean | undefined

function canHold(): boolean {
  return (isProcThere ??= existsSync('/proc/self/fd'))
}

async function emptyFolder(folder: string): Promise<void> {
  const descriptor = openFolder(folder)
  if (descriptor === null) return
  try {
    const held = `/proc/self/fd/${descriptor}`
    for (const entry of await fs.readdir(held, { withFileTypes: true })) {
      const path = join(held, entry.name)
      if (!entry.isDirectory()) await ignoreGone(fs.unlink(path))
      else {
        await emptyFolder(path)
        await ignoreGone(fs.rmdir(path))
      }
    }
  } finally {
    closeSync(descriptor)
  }
}

/** @returns null where it is gone. */
function openFolder(folder: string): number | null {
  try {
    return openSync(folder, OPEN_FOLDER)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

async function ignoreGone(call: Promise<void>): Promise<void> {
  try {
    await call
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

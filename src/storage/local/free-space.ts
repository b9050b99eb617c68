import { statfsSync } from 'node:fs'
import type { FreeSpace } from '../target-storage.ts'
import { nearestFolder } from './nearest-folder.ts'

/** What is free where a folder lies, or will lie when it is made. @param path absolute. */
export function freeSpaceAt(path: string): FreeSpace | null {
  const folder = nearestFolder(path)
  try {
    const { bavail, bsize, blocks } = statfsSync(folder)
    // Some file systems have no notion of size.
    return blocks === 0 ? null : { folder, bytes: bavail * bsize }
  } catch {
    return null
  }
}

import { statfsSync } from 'node:fs'
import { printableName } from '../errors/printable-name.ts'
import { nearestFolder } from './target-root.ts'

/**
 * Compares the room that targets will probably need with what is free.
 * @param targetRoot absolute path, which need not exist yet.
 * @param sourceBytes bytes of the sources that would be converted. @param expansion bytes of targets per byte of sources, from a sample.
 * @returns the text of a NO_SPACE_LIKELY warning, or null where it fits or the file system does not say.
 */
export function spacePreflight(targetRoot: string, sourceBytes: number, expansion: number): string | null {
  const folder = nearestFolder(targetRoot)
  let freeBytes: number
  try {
    const { bavail, bsize, blocks } = statfsSync(folder)
    // Some file systems have no notion of size.
    if (blocks === 0) return null
    freeBytes = bavail * bsize
  } catch {
    return null
  }
  return spaceWarning(folder, freeBytes, Math.ceil(sourceBytes * expansion))
}

/** The warning for a need that exceeds what is free; null where it fits. */
export function spaceWarning(folder: string, freeBytes: number, neededBytes: number): string | null {
  if (neededBytes <= freeBytes) return null
  const needed = `the targets will probably need ${showBytes(neededBytes)}`
  return `${needed}, but only ${showBytes(freeBytes)} are free in ${printableName(folder)}`
}

function showBytes(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB']
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)))
  return power === 0 ? `${bytes} bytes` : `${(bytes / 1000 ** power).toFixed(1)} ${units[power]}`
}

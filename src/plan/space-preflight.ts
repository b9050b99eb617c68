import { printableName } from '../errors/printable-name.ts'
import { andThen, type Answer } from '../storage/answer.ts'
import type { TargetStorage } from '../storage/target-storage.ts'

/**
 * Compares the room that targets will probably need with what is free.
 * @param target whose root need not exist yet.
 * @param sourceBytes bytes of the sources that would be converted. @param expansion bytes of targets per byte of sources, from a sample.
 * @returns the text of a NO_SPACE_LIKELY warning, or null where it fits or the storage does not say.
 */
export function spacePreflight(
  target: Pick<TargetStorage, 'freeSpace'>,
  sourceBytes: number,
  expansion: number,
): Answer<string | null> {
  return andThen(
    target.freeSpace(),
    (free) => free && spaceWarning(free.folder, free.bytes, Math.ceil(sourceBytes * expansion)),
  )
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

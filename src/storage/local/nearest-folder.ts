import { statSync, type Stats } from 'node:fs'
import { dirname } from 'node:path'

/** The nearest folder above a path, or the path itself, that exists. */
export function nearestFolder(path: string): string {
  return isFolder(path) || dirname(path) === path ? path : nearestFolder(dirname(path))
}

/** Whether a path leads to a folder, by whatever links. */
export function isFolder(path: string): boolean {
  return statIfThere(path)?.isDirectory() === true
}

/** What a path leads to; undefined also for what cannot be looked at. */
export function statIfThere(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch {
    return undefined
  }
}

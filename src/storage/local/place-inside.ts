import { realpathSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { isPathInside } from '../../model/paths/path-inside.ts'

/*
 * Paths of a cluster are relative to a root that each machine has, and come from a queue which others may write into: they are places below that
 * root, or nothing.
 */

/** The path of a root with no link in it. @throws errors of the system where nothing is there. */
export function realRoot(root: string): string {
  return realpathSync(root)
}

/**
 * The real path of a place below a root, links on the way resolved.
 * @param root as `realRoot` gives it. @param path relative to it; '.' is the root itself.
 * @returns null where it leads out. @throws errors of the system where nothing is there.
 */
export function placeInside(root: string, path: string): string | null {
  const real = realpathSync(join(root, path))
  const inside = relative(root, real).split(sep).join('/')
  return inside === '' || isPathInside(inside) ? real : null
}

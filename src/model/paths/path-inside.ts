/**
 * The one rule for paths that are read back from a tree (journals, manifests, frozen plans, records, reports): what a line says is never
 * a way out of the tree that it is relative to. A line that breaks it is damaged, whoever wrote it.
 */

/** The folder of the target tree that holds everything Drover remembers. It is never taken as source, and no target lies in it. */
export const BOOKKEEPING_FOLDER = '.migrate'

/** Nothing, `.` or `..` between two slashes, or a NUL, which ends a name for the system. */
const ODD_PART = /(?:^|\/)\.{0,2}(?:\/|$)|\0/

/** Whether a path names something below the tree that it is relative to: `/` between parts, no way out of it. */
export function isPathInside(path: unknown): path is string {
  return typeof path === 'string' && !ODD_PART.test(path)
}

/** Whether a path names what may be a target: inside the target tree, and no bookkeeping. */
export function isTargetInside(path: unknown): path is string {
  return isPathInside(path) && path !== BOOKKEEPING_FOLDER && !path.startsWith(`${BOOKKEEPING_FOLDER}/`)
}

/** What staged files beside targets on other mounts are called by. */
export const BESIDE_TARGET_PREFIX = '.migrate-staged-'

/** Where files are staged: a folder of the bookkeeping. */
export const STAGING_FOLDER = 'staged'

const STAGING_AREA = `${BOOKKEEPING_FOLDER}/${STAGING_FOLDER}/`

/** Whether a path names what may be a staged file in the bookkeeping. */
export function isStagedInside(path: unknown): path is string {
  return isPathInside(path) && path.startsWith(STAGING_AREA)
}

/** Whether a path names what may be a staged target: it may lie beside its place too. */
export function isStagedTarget(path: unknown): path is string {
  return isStagedInside(path) || (isTargetInside(path) && nameOf(path).startsWith(BESIDE_TARGET_PREFIX))
}

/** The last part of a path. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** Whether a path names a folder of a tree: `.` is the tree itself. */
export function isFolderInside(path: unknown): path is string {
  return path === '.' || isPathInside(path)
}

/** Whether a text is one name, of something that lies beside what names it. */
export function isPlainName(name: unknown): name is string {
  return isPathInside(name) && !name.includes('/')
}

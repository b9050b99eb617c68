import { readFileSync, realpathSync } from 'node:fs'

/** The mount points of this process, as far as the system tells them: none outside of Linux. */
export function readMountPoints(): string[] {
  try {
    return parseMountInfo(readFileSync('/proc/self/mountinfo', 'utf8'))
  } catch {
    return []
  }
}

/** The fifth field of each line of `/proc/self/mountinfo` (proc_pid_mountinfo(5)), where blanks and the like are octal escapes. */
export function parseMountInfo(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.split(' ')[4])
    .filter((point) => point !== undefined)
    .map((point) => point.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))))
}

/** A folder or a file, at or below a path, over which something is mounted; null: none. @param path absolute. */
export function findMountIn(path: string): string | null {
  const points = readMountPoints()
  // The table has real paths.
  const real = realPathOf(path)
  const found = points.find((point) => point === real || point.startsWith(`${real}/`))
  return found === undefined ? null : `${path}${found.slice(real.length)}`
}

function realPathOf(path: string): string {
  try {
    return realpathSync.native(path)
  } catch {
    return path
  }
}

/** The mount point that a path lies on: the longest that holds it. */
export function mountPointOf(path: string, mountPoints: readonly string[]): string {
  const isBelow = (point: string): boolean =>
    path === point || path.startsWith(point.endsWith('/') ? point : `${point}/`)
  return mountPoints.filter(isBelow).reduce((longest, point) => (point.length > longest.length ? point : longest), '')
}

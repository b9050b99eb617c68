import { existsSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'

const MEMORY = '/dev/shm'
/** More than all tests that use it take at a time. */
const ENOUGH_BYTES = 500e6

/**
 * Where files lie in memory, if there is such a place with enough room: for tests of values and words, most of whose time a disk would take and
 * prove nothing by it. What is about disks and syncs stays in a temporary folder.
 */
export function memoryPlace(): string {
  if (!existsSync(MEMORY)) return tmpdir()
  const { bavail, bsize } = statfsSync(MEMORY)
  return bavail * bsize > ENOUGH_BYTES ? MEMORY : tmpdir()
}

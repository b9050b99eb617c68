import { randomBytes } from 'node:crypto'
import type { BookkeepingPaths } from './bookkeeping-paths.ts'

/*
 * A run is named `000007-3fa9c2`: a sequence number and a random suffix. The number orders the runs of a target tree without a
 * clock; it is one more than the highest found in the journals and manifests. The suffix makes the name unique even before
 * the lock is held, when two runs may have looked at the same time and found the same number.
 */

const RUN_ID = /^(\d{6,15})-[0-9a-f]{6}/

/** A name for a run that nobody else has. */
export function makeRunId(runNumber: number): string {
  return `${String(runNumber).padStart(6, '0')}-${randomBytes(3).toString('hex')}`
}

/** The run id that a name begins with, such as that of a journal `000007-3fa9c2-local.ndjson`; null for any other name. */
export function runIdOf(name: string): string | null {
  return RUN_ID.exec(name)?.[0] ?? null
}

/** The sequence number of a run id, or of a file named after one; 0 for any other name. */
export function runNumberOf(name: string): number {
  return Number(RUN_ID.exec(name)?.[1] ?? 0)
}

/** Orders names that begin with a run id: by number, then by text. Later runs come last. */
export function compareRuns(a: string, b: string): number {
  return runNumberOf(a) - runNumberOf(b) || (a < b ? -1 : a > b ? 1 : 0)
}

/** One more than the number of any run that left a journal or a manifest, or is a member. Only certain while the lock is held. */
export async function nextRunNumber(paths: BookkeepingPaths): Promise<number> {
  const names: string[] = []
  for (const folder of [paths.journal, paths.manifests, paths.members]) names.push(...(await paths.tree.list(folder)))
  return 1 + names.reduce((highest, name) => Math.max(highest, runNumberOf(name)), 0)
}

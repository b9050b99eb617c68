import type { SourceList } from '../model/source-list.ts'

interface SplitRule {
  readonly threads: number
  /** Only larger files are split. */
  readonly splitBytes: number
  /** Whether the format of a file, and the plan, allow it. */
  readonly canSplit: (index: number) => boolean
}

/** A file may end this much later than all files would if they shared the threads evenly: a split costs something too. */
const TOLERATED_DELAY = 1.25

/**
 * Decides which files are converted by several threads at once. The files are laid on the threads in their order, each on the
 * thread that is free first, as the pool will do. One that would end later than a fair share of all bytes, by more than a
 * quarter, is split, and its bytes are laid on all threads.
 * @returns the numbers of the files to split.
 */
export function planSplits(files: SourceList, ordered: Uint32Array, rule: SplitRule): ReadonlySet<number> {
  const splits = new Set<number>()
  const { threads, splitBytes, canSplit } = rule
  if (threads < 2 || !ordered.some((index) => files.sizeBytes(index) > splitBytes)) return splits
  const mostBytes = (TOLERATED_DELAY * files.sumBytes(ordered)) / threads
  const loads = new Float64Array(threads)
  for (const index of ordered) {
    const sizeBytes = files.sizeBytes(index)
    const freeFirst = loads.indexOf(Math.min(...loads))
    const end = loads[freeFirst]! + sizeBytes
    if (sizeBytes > splitBytes && end > mostBytes && canSplit(index)) {
      splits.add(index)
      layOnAll(loads, sizeBytes)
    } else {
      loads[freeFirst] = end
    }
  }
  return splits
}

/** Threads that are free earlier do more of the file, so that all end with it together, as far as it goes. */
function layOnAll(loads: Float64Array, sizeBytes: number): void {
  loads.sort()
  let left = sizeBytes
  for (let count = 1; left > 0; count++) {
    const next = count < loads.length ? loads[count]! : Number.POSITIVE_INFINITY
    const room = (next - loads[0]!) * count
    const share = Math.min(left, room) / count
    for (let thread = 0; thread < count; thread++) loads[thread] = loads[thread]! + share
    left -= Math.min(left, room)
  }
}

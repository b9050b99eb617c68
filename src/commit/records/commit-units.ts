import { MOST_BYTES_TOGETHER, SMALL_FILE_BYTES } from '../../model/policy.ts'

/*
 * A node commits its files in units, each won by one name: a large file alone, small ones together, since a record costs as much as
 * converting some small files. Units follow from the list of a shard alone, so that all nodes that ever try it compete for the
 * same names. A unit whose files must be told apart is split by a record under its own name; from then on each of its files is a unit.
 */

/** Small files of a unit. */
const MOST_FILES = 512

/** Files of a shard that are committed together: those from `from` up to, but without, `to`. */
export interface CommitUnit {
  readonly from: number
  readonly to: number
  /** True for one file of a unit that was split. */
  readonly isPart: boolean
}

/** Cuts the files of a shard, in its order. */
export function cutUnits(files: readonly { readonly sizeBytes: number }[]): CommitUnit[] {
  const units: CommitUnit[] = []
  let from = 0
  let bytes = 0
  const end = (to: number): void => {
    if (to > from) units.push({ from, to, isPart: false })
    from = to
    bytes = 0
  }
  for (const [at, { sizeBytes }] of files.entries()) {
    if (sizeBytes >= SMALL_FILE_BYTES) {
      end(at)
      end(at + 1)
      continue
    }
    bytes += sizeBytes
    if (at + 1 - from === MOST_FILES || bytes >= MOST_BYTES_TOGETHER) end(at + 1)
  }
  end(files.length)
  return units
}

/** The parts of a unit that was split. */
export function splitUnit({ from, to }: CommitUnit): CommitUnit[] {
  return Array.from({ length: to - from }, (_, at) => ({ from: from + at, to: from + at + 1, isPart: true }))
}

/** The name of a unit's record in the folder of its shard. */
export function recordName({ from, isPart }: CommitUnit): string {
  return isPart ? `${from}.part.json` : `${from}.json`
}

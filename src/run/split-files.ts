import { getFormat } from '../formats/registry.ts'
import { isUtf8Label } from '../read/decoded-text.ts'
import { planSplits } from '../schedule/plan-splits.ts'
import type { Work } from './work.ts'

/** The files that several threads convert together, by their numbers. @param ordered in the order in which they are started. */
export function findSplitFiles(work: Work, ordered: Uint32Array): ReadonlySet<number> {
  const { discovery, data, threads } = work
  const { files } = discovery
  // Only what starts at any record can be cut: no other encoding, whose bytes must be decoded in order, and no stream.
  if (data.engine === 'stream' || !isUtf8Label(data.encoding)) return new Set()
  const canSplit = (index: number): boolean => {
    const format = files.format(index)
    return format !== 'bytes' && getFormat(format).createSplittableReader !== undefined
  }
  return planSplits(files, ordered, { threads, splitBytes: data.splitBytes, canSplit })
}

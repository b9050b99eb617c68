import type { SeenFile } from '../../model/paths/seen-file.ts'

/** A finished file that nobody can see yet, and what its proof will say of it: a journal entry, or what stands in a commit record. */
export interface StagedTarget<Proved = unknown> {
  /** Relative to the source tree. */
  readonly source: string
  /** Relative to the target tree. */
  readonly target: string
  /** What the plan saw in the target's place; null: nothing. */
  readonly seen: SeenFile | null
  readonly stagedTarget: string
  /** Where its rejects are staged; null: it has none. */
  readonly stagedRejects: string | null
  /** Size and CRC-32 of the target. */
  readonly targetBytes: number
  readonly targetHash: number
  readonly proved: Proved
}

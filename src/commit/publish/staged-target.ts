import type { SeenFile } from '../../model/paths/seen-file.ts'
import type { StageTimes } from '../../model/times.ts'

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

/** What a proof says of a file, with the time that was spent on making it last: no thread syncs by itself. */
export function withSyncTime<Proved extends { readonly stageNs: StageTimes }>(proved: Proved, syncNs: number): Proved {
  return { ...proved, stageNs: { ...proved.stageNs, sync: syncNs } }
}

import type { NodeIdentity } from '../../model/commit-record.ts'

/** What a node tells of itself: the lines of `migrate worker`. */
export type NodeEvent =
  | {
      readonly type: 'joined'
      readonly node: NodeIdentity
      readonly server: string
      readonly queue: string
      readonly root: string
    }
  | { readonly type: 'shard-started'; readonly shard: number; readonly fileCount: number; readonly bytes: number }
  | {
      readonly type: 'shard-ended'
      readonly shard: number
      readonly files: number
      readonly failedFiles: number
      readonly bytes: number
      readonly durationMs: number
      /** Why it did not come to its end; null: it did. */
      readonly reason: string | null
    }
  | { readonly type: 'job-refused'; readonly jobId: string; readonly code: string; readonly message: string }
  | { readonly type: 'shard-suspected'; readonly shard: number; readonly stalls: number; readonly action: string }
  | { readonly type: 'lease-lost'; readonly jobId: string }
  | { readonly type: 'connection'; readonly message: string }
  | { readonly type: 'draining' }

/** What a node has done in all. */
export interface NodeSummary {
  readonly shards: number
  readonly files: number
  readonly bytes: number
  readonly refusedJobs: number
}

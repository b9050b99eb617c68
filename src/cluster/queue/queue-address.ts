import type { ClusterUrl } from './cluster-url.ts'

/** Where the nodes of a cluster meet. */
export interface QueueAddress {
  readonly server: ClusterUrl
  /** The name of the queue. */
  readonly queue: string
}

import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { z } from 'zod'
import { CLI_DEFAULTS } from '../flags/cli-defaults.ts'
import { printableName } from '../../errors/printable-name.ts'
import { onePath } from '../../options/options.ts'
import { parseClusterUrl } from '../../cluster/queue/cluster-url.ts'
import type { QueueAddress } from '../../cluster/queue/queue-address.ts'
import { longFlag } from '../flags.ts'
import type { Settings } from './resolve-settings.ts'
import { wrongUse } from './wrong-use.ts'

/** The options that say where the nodes of a cluster meet. */
export const ClusterOptionsSchema = z.strictObject({
  cluster: z.string().min(1).optional(),
  root: onePath.optional(),
  /** It becomes part of keys and of names of files. */
  queue: z
    .string()
    .regex(/^[\w.-]{1,60}$/, { error: 'a name of letters, digits, "-", "_" and "."' })
    .default(CLI_DEFAULTS.queue),
  shardFiles: z.coerce.number().int().min(1).max(1_000_000).default(CLI_DEFAULTS.shardFiles),
  listen: z.string().min(1).default(CLI_DEFAULTS.listen),
  token: z.string().min(1).optional(),
})

export type ClusterSettings = z.output<typeof ClusterOptionsSchema>

/** The address of the queue. @throws MigrationError WRONG_USE where --cluster is missing or no URL. */
export function requireAddress({ cluster, queue }: ClusterSettings, command: string): QueueAddress {
  if (cluster === undefined) {
    throw wrongUse('--cluster is missing', `for example: ${command} --cluster redis://queue.example`)
  }
  return { server: parseClusterUrl(cluster), queue }
}

/** Whether a run is to be converted by the nodes of a cluster. */
export function isOnCluster(settings: Settings): boolean {
  return settings.has('cluster')
}

/** `--root`, or the working folder. @throws MigrationError WRONG_USE where it is no folder: a node would wait there for trees for ever. */
export function rootOf({ root = '.' }: ClusterSettings, workingFolder: string): string {
  const path = resolve(workingFolder, root)
  const found = statSync(path, { throwIfNoEntry: false })
  if (found?.isDirectory() !== true)
    throw wrongUse(
      `--root ${printableName(root)} is ${found === undefined ? 'not there' : 'no folder'}`,
      'it is the folder below which this machine has both trees',
    )
  return path
}

/** Flags that say something about a cluster, at a run that is on none: somebody would wait for nodes that nobody asks. */
export function refuseWithoutCluster(settings: Settings): void {
  const idle = ['root', 'queue', 'shardFiles'].find((key) => settings.get(key)?.origin.from === 'flag')
  if (idle !== undefined)
    throw wrongUse(
      `${longFlag(idle)} is for a run on a cluster, but --cluster is missing`,
      'add --cluster URL, or leave it out to convert on this machine alone',
    )
}

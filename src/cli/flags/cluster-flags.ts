import type { CommandName, Flag } from './flag.ts'

const ALL: readonly CommandName[] = ['run', 'worker', 'status', 'dashboard', 'config']

/** Where the nodes of a cluster meet. */
export const CLUSTER_FLAGS: readonly Flag[] = [
  {
    key: 'cluster',
    kind: 'text',
    group: 'Machines',
    placeholder: 'URL',
    commands: ALL,
    help: 'let nodes convert: redis://, rediss:// or postgres:// of their queue',
  },
  {
    key: 'root',
    kind: 'text',
    group: 'Machines',
    placeholder: 'DIR',
    isPath: true,
    commands: ['run', 'worker', 'dashboard', 'config'],
    help: 'the folder below which all nodes have both trees (coordinator: their common parent)',
  },
  {
    key: 'queue',
    kind: 'text',
    group: 'Machines',
    placeholder: 'NAME',
    commands: ALL,
    help: 'the name of the queue: one for each --root',
  },
  {
    key: 'shardFiles',
    kind: 'text',
    group: 'Machines',
    placeholder: 'N',
    isHidden: true,
    commands: ['run', 'config'],
    help: 'the most files that a shard has: what a kill may cost',
  },
  {
    key: 'listen',
    kind: 'text',
    group: 'Machines',
    placeholder: 'HOST:PORT',
    commands: ['dashboard', 'config'],
    help: 'where the dashboard is served; beyond this machine it demands --token',
  },
  {
    key: 'token',
    kind: 'text',
    group: 'Machines',
    placeholder: 'TEXT',
    commands: ['dashboard', 'config'],
    help: 'what visitors must know (better as MIGRATE_TOKEN: arguments can be seen by others)',
  },
]

/** Commands that neither plan nor convert by themselves: they know only flags that name them. */
export const OWN_FLAGS_ONLY: ReadonlySet<CommandName> = new Set<CommandName>([
  'report',
  'worker',
  'status',
  'dashboard',
])

/** Flags of a run that a node takes too. */
export const FOR_WORKER: ReadonlySet<Flag['key']> = new Set<Flag['key']>(['threads', 'config', 'useJsonLog', 'quiet'])

/** Flags whose values may hold a password or a secret: they are never printed. */
export const SECRET_FLAGS: ReadonlySet<string> = new Set(['cluster', 'token'])

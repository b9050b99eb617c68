import { join } from 'node:path'
import { tryToCommit } from '../commit/records/commit-record.ts'
import type { ExclusiveBy } from '../storage/tree-files.ts'
import { recordName, splitUnit, type CommitUnit } from '../commit/records/commit-units.ts'
import type { NodeIdentity } from '../model/commit-record.ts'
import type { ShardFile } from '../model/frozen-plan.ts'
import type { TreeFiles } from '../storage/tree-files.ts'
import type { ShardJob } from './shard-job.ts'

/*
 * A file can bring down the whole process of a node: memory that the system takes back, a fault in native code. Its shard would bring
 * down one node after the other. So a shard that nodes died of is halved, again and again, until a single file is left, which is tried
 * twice more with the node to itself. Then it is recorded as failed, and everything else of its shard is done.
 */

/** Nodes that may die in a shard before it is suspected: nodes die of other things too. */
const STALLS_OF_SHARD = 2
/** A part is only there because its shard is suspected. */
const STALLS_OF_PART = 1
const LONELY_TRIES = 2

/** Whether nodes died so often that the shard is to blame. */
export function isSuspect(job: ShardJob, stalls: number): boolean {
  return stalls >= (job.range === undefined ? STALLS_OF_SHARD : STALLS_OF_PART)
}

export interface PoisonSearch {
  readonly job: ShardJob
  readonly files: readonly ShardFile[]
  readonly folder: string
  /** The target tree that the folder lies in. */
  readonly tree: TreeFiles
  /** Units without a record, of those that the job is about. At least one. */
  readonly open: readonly CommitUnit[]
  readonly node: NodeIdentity
  readonly exclusiveBy: ExclusiveBy
  readonly isDurable: boolean
  readonly add: (jobs: readonly ShardJob[]) => Promise<void>
}

/**
 * Makes a suspected shard smaller.
 * @returns `divided`: other jobs have its files now; `failed`: its last file is recorded as failed; `alone`: it must be tried now, with
 * nothing else on the node.
 */
export async function searchPoison(search: PoisonSearch): Promise<'divided' | 'failed' | 'alone'> {
  const { open, job } = search
  const [only] = open
  if (only === undefined) throw new RangeError('a shard without open files is not suspected')
  if (open.length > 1) {
    await search.add(halves(job, open))
    return 'divided'
  }
  if (only.to - only.from > 1) {
    const path = join(search.folder, recordName(only))
    // Where another node was first, it has split the unit too, or committed it after all.
    const isSplit = await tryToCommit(search.tree, path, { kind: 'split', node: search.node }, search)
    if (isSplit) await search.add(halves(job, splitUnit(only)))
    return 'divided'
  }
  return (await countLonelyTries(search, only)) >= LONELY_TRIES ? giveUp(search, only) : 'alone'
}

function halves(job: ShardJob, units: readonly CommitUnit[]): ShardJob[] {
  const middle = Math.ceil(units.length / 2)
  return [units.slice(0, middle), units.slice(middle)].flatMap((half) => {
    const [first] = half
    const last = half.at(-1)
    return first === undefined || last === undefined ? [] : [{ ...job, range: { from: first.from, to: last.to } }]
  })
}

type Tries = Pick<PoisonSearch, 'tree' | 'folder'>

async function countLonelyTries({ tree, folder }: Tries, unit: CommitUnit): Promise<number> {
  return (await tree.list(folder)).filter((name) => name.startsWith(`${unit.from}.try`)).length
}

/**
 * Notes that a file is tried with nothing else on the node. Before the try, since whoever dies of it cannot note it afterwards, and
 * only when the node is free for it: whoever dies while it waits has not died of it.
 */
export async function noteLonelyTry(tries: Tries, unit: CommitUnit): Promise<void> {
  const number = (await countLonelyTries(tries, unit)) + 1
  await tries.tree.write(join(tries.folder, `${unit.from}.try${number}`), '')
}

async function giveUp(search: PoisonSearch, unit: CommitUnit): Promise<'failed'> {
  const file = search.files[unit.from]?.path
  const error = {
    code: 'NODE_KILLED',
    phase: 'worker' as const,
    message: 'every node that tried this file died of it, twice with nothing else to do',
    hint: 'look at the memory limit of the nodes and at what the system says of processes that it killed',
    position: file === undefined ? {} : { file },
    isRetryable: false,
  }
  const failures = [{ at: unit.from, error }]
  const record = { kind: 'done' as const, node: search.node, attempt: 1, targets: [], failures }
  await tryToCommit(search.tree, join(search.folder, recordName(unit)), record, search)
  return 'failed'
}

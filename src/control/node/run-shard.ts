import { join } from 'node:path'
import { readRecord } from '../../commit/records/commit-record.ts'
import { recordName, type CommitUnit } from '../../commit/records/commit-units.ts'
import type { Generation } from '../../commit/records/generation-paths.ts'
import { KnownFolders } from '../../commit/publish/known-folders.ts'
import { Publisher } from '../../commit/publish/publisher.ts'
import { openTarget, type TargetAccess } from '../../commit/publish/target-access.ts'
import { toStagedTarget } from '../../commit/records/to-staged-target.ts'
import { findRecordedUnits } from '../../commit/records/settle-shard.ts'
import { UnitCommitter } from '../../commit/records/unit-committer.ts'
import type { WireError } from '../../errors/migration-error.ts'
import type { NodeIdentity } from '../../model/commit-record.ts'
import type { MigrateHooks } from '../../model/events.ts'
import type { FrozenPlan, ShardFile } from '../../model/frozen-plan.ts'
import type { VerdictKind } from '../../model/measurement.ts'
import { SourceList } from '../../model/source-list.ts'
import { startClock } from '../../report/clock.ts'
import type { RunTally } from '../../report/run-tally.ts'
import { Engine } from '../../run/engine.ts'
import { RunLog } from '../../run/run-log.ts'
import { findSplitFiles } from '../../run/split-files.ts'
import type { TaskSource, Work } from '../../run/work.ts'
import { cutTasks } from '../../schedule/batch-files.ts'
import type { Executor } from '../../schedule/executor.ts'
import { StopSwitch, type StopReason } from '../../schedule/stop-switch.ts'
import type { SharedTree } from './node-trees.ts'
import { ShardSink } from './shard-sink.ts'

/** A shard, or what is left of it, on the threads of a node: the engine of every run, with commits that must be won. */

export interface ShardRunOptions {
  readonly plan: FrozenPlan
  readonly generation: Generation
  readonly sourceRoot: string
  readonly files: readonly ShardFile[]
  /** The units to convert. */
  readonly units: readonly CommitUnit[]
  /** Where their records lie. */
  readonly recordFolder: string
  readonly node: NodeIdentity
  readonly shardAttempt: number
  readonly pool: Executor
  readonly tree: Omit<SharedTree, 'giveBack'>
  readonly assertHeld: () => void
  /** Whether a file that failed is recorded as failed. */
  readonly isRecorded: (error: WireError) => boolean
  /** Told when the last task is handed out. */
  readonly onLastTask: () => void
  /** False: files in work are finished, no further one is begun. */
  readonly mayGoOn: () => boolean
  readonly hooks: MigrateHooks
}

export interface ShardRunResult {
  /** Why it stopped before its end; null: it did not. */
  readonly stopped: StopReason | null
  /** What its files came to: those that this node converted, committed or not, and those that failed. */
  readonly tally: RunTally
  /** Files that were never begun. */
  readonly notStarted: number
  /** What bound it; null: too little was done to tell. */
  readonly verdict: VerdictKind | null
  readonly committedFiles: number
  readonly lostFiles: number
  /** True where a target may not be in its place although it is committed. */
  readonly hasUnplaced: boolean
}

export async function runShard(options: ShardRunOptions): Promise<ShardRunResult> {
  const { units, node, pool, tree, hooks } = options
  const staging = await tree.openStaging()
  const { committer, target } = makeCommitter(options)
  const places = units.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, offset) => from + offset))
  const work = makeWork(options, places)
  const log = new RunLog(hooks)
  const engine = new Engine(work, log, hooks, startClock())
  const stop = new StopSwitch(hooks)
  try {
    if (stop.reason === null) {
      // Its threads go on when this shard is done.
      stop.control(pool)
      const ordered = Uint32Array.from(places.keys())
      const size = { threads: node.threads, maxThreads: node.threads }
      const sink = new ShardSink({
        staging,
        committer,
        places,
        files: options.files,
        targetRoot: options.generation.targetRoot,
      })
      await engine.convert({ ...tasksFor(work, ordered, options), ordered, pool, size, sink, stop })
    }
  } catch (error) {
    if (!stop.explains(error)) throw error
  } finally {
    stop.disarm()
    engine.finish()
  }
  // What could not be placed or synced may be so because of a folder that is gone.
  if (committer.unplaced.length > 0) tree.knownFolders.clear()
  else for (const folder of target.knownFolders) tree.knownFolders.add(folder)
  const { tally } = log
  return {
    stopped: stop.reason,
    tally,
    notStarted: places.length - tally.converted - tally.failures.length,
    verdict: engine.meter.read(work, tally.stageNs)?.verdict?.kind ?? null,
    committedFiles: committer.committedFiles,
    lostFiles: committer.lostFiles,
    hasUnplaced: committer.unplaced.length > 0 || committer.lostFiles > 0,
  }
}

function makeCommitter(options: ShardRunOptions): {
  readonly committer: UnitCommitter
  readonly target: TargetAccess
} {
  const { plan, generation, sourceRoot, tree } = options
  const target = openTarget({
    ...plan,
    targetRoot: generation.targetRoot,
    sourceRoot,
    storage: tree.storage,
    // Of its own: what it makes is durable only when it has ended.
    knownFolders: new KnownFolders(tree.knownFolders),
  })
  const committer = new UnitCommitter({
    target,
    node: options.node,
    folder: options.recordFolder,
    units: options.units,
    shardAttempt: options.shardAttempt,
    exclusiveBy: plan.exclusiveBy,
    assertHeld: options.assertHeld,
    isRecorded: options.isRecorded,
  })
  return { committer, target }
}

function tasksFor(work: Work, ordered: Uint32Array, { units, node, onLastTask, mayGoOn }: ShardRunOptions): TaskSource {
  const tasks = [...tasksOf(units, node.threads)]
  return {
    tasks: tellingLast(tasks, onLastTask),
    splits: onlyAlone(findSplitFiles(work, ordered), tasks),
    mayGoOn,
  }
}

/**
 * Places what other nodes have won and perhaps not placed, since they died.
 * @param open the units of the shard that nobody has committed.
 * @returns whether all of it is in its place, durably where that was asked for.
 */
export async function placeOfOthers(
  files: readonly ShardFile[],
  open: readonly CommitUnit[],
  recordFolder: string,
  trees: {
    readonly targetRoot: string
    readonly sourceRoot: string
    readonly mayOverwrite: boolean
    readonly isDurable: boolean
  },
): Promise<boolean> {
  const target = openTarget(trees)
  const publisher = new Publisher(target, { mayHaveStaleRejects: false, onUnplaced: () => {} })
  const folders = new Set<string>()
  let areAllPlaced = true
  for (const unit of findRecordedUnits(files, open)) {
    const record = await readRecord(target.paths.tree, join(recordFolder, recordName(unit)))
    if (record?.kind !== 'done') areAllPlaced = false
    const targets = (record?.kind === 'done' ? record.targets : []).flatMap((recorded) => {
      const file = files[recorded.at]
      return file === undefined ? [] : [toStagedTarget(trees.targetRoot, file, recorded)]
    })
    if ((await publisher.place(targets, folders)).size > 0) areAllPlaced = false
  }
  return (await publisher.syncFolders(folders)).size === 0 && areAllPlaced
}

function* tasksOf(units: readonly CommitUnit[], threads: number): Generator<number[]> {
  const smallCount = units.reduce((sum, { from, to }) => (to - from > 1 ? sum + to - from : sum), 0)
  let first = 0
  for (const { from, to } of units) {
    yield* cutTasks(first, to - from, smallCount, threads)
    first += to - from
  }
}

/** The tasks, as they are handed out. */
function* tellingLast(tasks: readonly (readonly number[])[], onLastTask: () => void): Generator<readonly number[]> {
  for (const [number, task] of tasks.entries()) {
    if (number === tasks.length - 1) onLastTask()
    yield task
  }
}

/** A file that shares its task with others cannot be split. */
function onlyAlone(splits: ReadonlySet<number>, tasks: readonly (readonly number[])[]): ReadonlySet<number> {
  if (splits.size === 0) return splits
  const alone = new Set(tasks.flatMap((task) => (task.length === 1 ? task : [])))
  return new Set([...splits].filter((index) => alone.has(index)))
}

/** The files of the units, with what the frozen plan says of them. */
function makeWork({ plan, sourceRoot, files, node }: ShardRunOptions, places: readonly number[]): Work {
  const list = new SourceList()
  const folders = new Map<string, number>()
  for (const place of places) {
    const { path, sizeBytes, mtimeNs, format } = files[place]!
    const slash = path.lastIndexOf('/')
    const folder = slash < 0 ? '' : path.slice(0, slash)
    const known = folders.get(folder) ?? list.addFolder(folder)
    folders.set(folder, known)
    list.add(known, path.slice(slash + 1), sizeBytes, BigInt(mtimeNs), format)
  }
  return {
    data: plan.data,
    discovery: { root: sourceRoot, files: list },
    targets: { path: (index) => files[places[index] ?? 0]?.target ?? '' },
    threads: node.threads,
    threadWarning: null,
    options: {
      threads: String(node.threads),
      retries: plan.retries,
      fsync: plan.isDurable,
      taskTimeout: plan.taskTimeoutMs ?? undefined,
      memoryLimit: undefined,
      halt: null,
    },
  }
}

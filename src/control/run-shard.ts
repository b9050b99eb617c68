import fs from 'node:fs/promises'
import { join } from 'node:path'
import { syncFolder } from '../commit/commit-file-system.ts'
import { readRecord } from '../commit/commit-record.ts'
import { recordName, type CommitUnit } from '../commit/commit-units.ts'
import { forEachConcurrently } from '../commit/for-each-concurrently.ts'
import type { Generation } from '../commit/generation-paths.ts'
import { makePlacingContext, placeRecorded, rememberFolder } from '../commit/place-recorded.ts'
import { findRecordedUnits } from '../commit/settle-shard.ts'
import { UnitCommitter } from '../commit/unit-committer.ts'
import type { WireError } from '../errors/migration-error.ts'
import type { NodeIdentity } from '../model/commit-record.ts'
import type { MigrateHooks } from '../model/events.ts'
import type { FrozenPlan, ShardFile } from '../model/frozen-plan.ts'
import { OptionsSchema } from '../model/options.ts'
import type { Report } from '../model/report.ts'
import { SourceList } from '../model/source-list.ts'
import { ExistingTargets } from '../plan/find-existing-targets.ts'
import { ResumeDecision } from '../plan/resume-decision.ts'
import { startClock } from '../report/clock.ts'
import { cutTasks } from '../schedule/batch-files.ts'
import type { Executor } from '../schedule/executor.ts'
import type { Plan } from './make-plan.ts'
import type { SharedTree } from './node-trees.ts'
import { Recording } from './recording.ts'
import { Run } from './run.ts'

/** A shard, or what is left of it, on the threads of a node: the run of one machine, with commits that must be won. */

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
  readonly isFinal: (error: WireError) => boolean
  /** Told when the last task is handed out. */
  readonly onLastTask: () => void
  /** False: files in work are finished, no further one is begun. */
  readonly mayGoOn: () => boolean
  readonly hooks: MigrateHooks
}

export interface ShardRunResult {
  readonly report: Report
  readonly committedFiles: number
  readonly lostFiles: number
  /** True where a target may not be in its place although it is committed. */
  readonly hasUnplaced: boolean
}

export async function runShard(options: ShardRunOptions): Promise<ShardRunResult> {
  const { generation, files, units, node } = options
  const { targetRoot, id } = generation
  const staging = await options.tree.openStaging()
  const placing = makePlacingContext({
    ...options.plan,
    targetRoot,
    sourceRoot: options.sourceRoot,
    // Of its own: what it makes is durable only when it has ended.
    knownFolders: new Map(options.tree.knownFolders),
  })
  const committer = new UnitCommitter({
    ...placing,
    node,
    folder: options.recordFolder,
    files,
    units,
    shardAttempt: options.shardAttempt,
    exclusiveBy: options.plan.exclusiveBy,
    wholeSync: options.tree.wholeSync,
    assertHeld: options.assertHeld,
    isFinal: options.isFinal,
  })
  const places = units.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, offset) => from + offset))
  const at = (index: number): number => places[index] ?? 0
  const plan = makeShardPlan(options, places)
  const recording = new Recording(plan.options)
  const run = new Run(
    plan,
    everythingIsNew(places.length),
    {
      runId: id,
      assertOwned: async () => options.assertHeld(),
      finish: (work) => work(new Set(), async () => options.assertHeld()),
      release: async () => {},
    },
    options.hooks,
    startClock(),
    recording,
    {
      pool: options.pool,
      staging,
      mayGoOn: options.mayGoOn,
      onLastTask: options.onLastTask,
      committer: {
        commit: (staged) => committer.commit(staged.map((file) => ({ ...file, at: at(file.result.index) }))),
        fail: (index, error) => committer.fail(at(index), error),
        whenReady: () => committer.whenReady(),
        close: () => committer.close(),
      },
      batches: [...tasksOf(units, node.threads)],
    },
  )
  const stopped = await run.execute()
  // What could not be placed or synced may be so because of a folder that is gone.
  if (committer.unplaced.length > 0) options.tree.knownFolders.clear()
  else for (const [folder, path] of placing.knownFolders) rememberFolder(options.tree.knownFolders, folder, path)
  return {
    report: run.report(stopped),
    committedFiles: committer.committedFiles,
    lostFiles: committer.lostFiles,
    hasUnplaced: committer.unplaced.length > 0 || committer.lostFiles > 0,
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
  const context = makePlacingContext({ ...trees, knownFolders: new Map() })
  const folders = new Set<string>()
  let areAllPlaced = true
  for (const unit of findRecordedUnits(files, open)) {
    const record = await readRecord(context.paths.tree, join(recordFolder, recordName(unit)))
    if (record?.kind !== 'done') areAllPlaced = false
    const targets = (record?.kind === 'done' ? record.targets : []).flatMap((recorded) => {
      const file = files[recorded.at]
      return file === undefined ? [] : [{ file, recorded }]
    })
    await placeRecorded(targets, context, folders, () => (areAllPlaced = false))
  }
  if (trees.isDurable) {
    await forEachConcurrently([...folders], async (folder) => {
      await syncFolder(fs, folder).catch(() => (areAllPlaced = false))
    })
  }
  return areAllPlaced
}

function* tasksOf(units: readonly CommitUnit[], threads: number): Generator<number[]> {
  const smallCount = units.reduce((sum, { from, to }) => (to - from > 1 ? sum + to - from : sum), 0)
  let first = 0
  for (const { from, to } of units) {
    yield* cutTasks(first, to - from, smallCount, threads)
    first += to - from
  }
}

/** A plan as a run on one machine has it, of these files alone. */
function makeShardPlan(
  { plan, sourceRoot, files, node, generation }: ShardRunOptions,
  places: readonly number[],
): Plan {
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
  const target = (index: number): string => files[places[index] ?? 0]?.target ?? ''
  const none = { count: 0, examples: [] }
  const taskTimeout = plan.taskTimeoutMs === null ? {} : { taskTimeout: `${plan.taskTimeoutMs}ms` }
  return {
    shard: null,
    options: OptionsSchema.parse({
      in: sourceRoot,
      out: generation.targetRoot,
      threads: node.threads,
      retries: plan.retries,
      fsync: plan.isDurable,
      ...taskTimeout,
    }),
    discovery: {
      root: sourceRoot,
      isSingleFile: false,
      depth: Number.POSITIVE_INFINITY,
      files: list,
      failed: [],
      skipped: { unknownFormat: none, links: none, special: none },
      filteredOut: 0,
    },
    data: plan.data,
    targetRoot: generation.targetRoot,
    targetFormat: plan.data.targetFormat,
    isTargetFormatDefault: false,
    threadWarning: null,
    targets: {
      length: places.length,
      path: target,
      folder: (index) => target(index).slice(0, Math.max(0, target(index).lastIndexOf('/'))),
      name: (index) => target(index).slice(target(index).lastIndexOf('/') + 1),
    },
    threads: node.threads,
    planHash: plan.planHash,
    manifestHash: plan.manifestHash,
    filePlanHash: (format) => plan.filePlanHashes[format] ?? '',
    // Nodes write no journals.
    sourceTree: { root: sourceRoot, identity: null, mounts: [] },
  }
}

function everythingIsNew(fileCount: number): ConstructorParameters<typeof Run>[1] {
  const proofs = {
    targetBytes: new Float64Array(0),
    targetHash: new Uint32Array(0),
    sourceHash: new Uint32Array(0),
    hasSourceHash: new Uint8Array(0),
    hasRejects: new Uint8Array(0),
    rejectsBytes: new Float64Array(0),
    rejectsHash: new Uint32Array(0),
    recordsRead: new Float64Array(0),
    recordsRejected: new Float64Array(0),
    recordsFiltered: new Float64Array(0),
  }
  return {
    existing: new ExistingTargets(null),
    decision: new ResumeDecision(fileCount, proofs, []),
    books: {
      provesStranger: () => false,
      doubtfulStrangers: () => [],
      damage: [],
      journals: { journals: [], entryCount: 0, unsealed: [] },
      provedTargets: 0,
      treeOf: ({ source }) => source,
      warnings: [],
    },
  }
}

import { randomBytes } from 'node:crypto'
import { dirname, join, relative } from 'node:path'
import type { FrozenPlan, ShardFile } from '../../model/frozen-plan.ts'
import type { SourceTree } from '../../model/journal-entry.ts'
import { bookkeepingPaths } from '../bookkeeping-paths.ts'
import { readFrozenPlan, readShard } from './frozen-plan.ts'
import { fanOut, generationPaths, listGenerations, type Generation } from './generation-paths.ts'
import { JournalWriter } from '../journal/journal.ts'
import { lostJournal, stateOfJournal } from '../journal/journal-state.ts'
import type { AssertOwned } from '../lock/lock.ts'
import { Publisher } from '../publish/publisher.ts'
import { openTarget, type TargetAccess } from '../publish/target-access.ts'
import { hasRejectsOfEarlierRuns } from '../rejects-file.ts'
import { isMarkedDone, settleShard, type FileOutcome } from './settle-shard.ts'

/*
 * Closing a generation, in this order, each step of which may be done again by a later run:
 *   1. rename the folder of its records: from here on no node can commit anything
 *   2. place every recorded target, and journal it
 *   3. remove what is still staged, the frozen plan, and the records
 * A node that was held up between winning a record and its renames finds nothing left to rename. Only the owner of the lock may do it.
 */

export interface CloseOptions {
  readonly isDurable: boolean
  /** As in CommitterOptions. */
  readonly sourceRoot: string | null
  /** Where the sources lie, for the journal; default: as the frozen plan tells it. */
  readonly sourceTree?: SourceTree
  /** Told of every file of the shards that `settle` has not told yet. */
  readonly onFile?: (file: ShardFile, outcome: FileOutcome) => void
}

/** Settles the shards of a generation, one by one while nodes work, and closes it. */
export class GenerationCloser {
  readonly #generation: Generation
  readonly #plan: FrozenPlan
  readonly #options: CloseOptions
  readonly #journal: JournalWriter
  readonly #settled = new Set<number>()
  readonly #target: TargetAccess
  readonly #publisher: Publisher
  readonly #mayHaveStaleRejects: boolean
  #isFenced = false

  private constructor(
    generation: Generation,
    plan: FrozenPlan,
    options: CloseOptions,
    journal: JournalWriter,
    mayHaveStaleRejects: boolean,
  ) {
    this.#generation = generation
    this.#plan = plan
    this.#options = options
    this.#journal = journal
    this.#mayHaveStaleRejects = mayHaveStaleRejects
    this.#target = openTarget({
      targetRoot: generation.targetRoot,
      sourceRoot: options.sourceRoot,
      mayOverwrite: plan.mayOverwrite,
      isDurable: options.isDurable,
    })
    this.#publisher = new Publisher(this.#target, { mayHaveStaleRejects: false, onUnplaced: () => {} })
  }

  static async open(generation: Generation, plan: FrozenPlan, options: CloseOptions): Promise<GenerationCloser> {
    const { targetRoot, id } = generation
    // Under the run that made the targets, so that the order of runs holds; the suffix keeps two tries at closing apart.
    const node = `nodes-${randomBytes(3).toString('hex')}`
    const sourceTree = options.sourceTree ?? sourceTreeOf(targetRoot, plan)
    const journal = new JournalWriter({ targetRoot, runId: id, node, sourceTree, isDurable: options.isDurable })
    await journal.open()
    const hasRejects = await hasRejectsOfEarlierRuns(bookkeepingPaths(targetRoot))
    return new GenerationCloser(generation, plan, options, journal, hasRejects)
  }

  get settledShards(): ReadonlySet<number> {
    return this.#settled
  }

  /** Settles a shard all of whose files are recorded. */
  async settle(shard: number): Promise<void> {
    if (this.#settled.has(shard)) return
    this.#settled.add(shard)
    const records = this.#isFenced
      ? generationPaths(this.#generation).closedRecords
      : generationPaths(this.#generation).records
    const folder = join(records, fanOut(shard), String(shard))
    await settleShard({
      target: this.#target,
      publisher: this.#publisher,
      mayHaveStaleRejects: this.#mayHaveStaleRejects,
      plan: this.#plan,
      files: await readShard(this.#generation, this.#plan, shard),
      folder,
      arePlaced: await isMarkedDone(this.#target.paths.tree, folder),
      journal: this.#journal,
      onFile: (file, outcome) => this.#options.onFile?.(file, outcome),
    })
  }

  /** Ends the generation for all nodes. What they have recorded by then counts. */
  async fence(): Promise<void> {
    if (this.#isFenced) return
    await fence(this.#generation)
    this.#isFenced = true
  }

  /**
   * Settles what is left, and removes the records once a journal proves them.
   * @throws MigrationError JOURNAL_FAILED: the next coordinator closes it.
   */
  async close(): Promise<void> {
    await this.fence()
    try {
      for (let shard = 0; shard < this.#plan.shards.length; shard++) await this.settle(shard)
    } finally {
      await this.#journal.close()
    }
    await this.#requireJournal()
    await removeGeneration(this.#generation, this.#options.isDurable)
  }

  async #requireJournal(): Promise<void> {
    const { path, entryCount } = this.#journal
    if (entryCount === 0) return
    const { tree } = bookkeepingPaths(this.#generation.targetRoot)
    if ((await stateOfJournal(tree, path, entryCount)) === 'lost') throw lostJournal(path)
  }
}

/** Both trees are named from a root that they share. Which folder it was then is not known. */
function sourceTreeOf(targetRoot: string, plan: FrozenPlan): SourceTree {
  return { root: join(targetRoot, relative(plan.targetRoot, plan.sourceRoot)), identity: null, mounts: [] }
}

async function fence(generation: Generation): Promise<void> {
  const { records, closedRecords } = generationPaths(generation)
  try {
    await bookkeepingPaths(generation.targetRoot).tree.rename(records, closedRecords)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

async function removeGeneration(generation: Generation, isDurable: boolean): Promise<void> {
  const paths = generationPaths(generation)
  const { root, tree } = bookkeepingPaths(generation.targetRoot)
  for (const path of [paths.staged, paths.closedRecords, paths.folder, `${paths.folder}.new`]) {
    await tree.removeTree(path)
  }
  for (const folder of [dirname(paths.folder), dirname(paths.records)]) {
    await tree.removeEmptyFolder(folder)
  }
  if (isDurable) await tree.syncFolder(root)
}

/**
 * Closes the generations that dead coordinators left, whatever nodes still do for them. Call it under the lock, before journals are read.
 * @param keep the one that goes on.
 */
export async function closeLeftGenerations(
  targetRoot: string,
  options: {
    readonly isDurable: boolean
    readonly keep?: (generation: Generation) => boolean
    /** Asked before each of them. */
    readonly assertOwned: AssertOwned
  },
): Promise<void> {
  for (const generation of await listGenerations(targetRoot)) {
    if (options.keep?.(generation)) continue
    await options.assertOwned()
    await fence(generation)
    const frozen = await readFrozenPlan(generation)
    if (frozen === null) {
      // It died before its plan was whole, or while it was tidied away; or it is of another version: what no journal proves is made again.
      await removeGeneration(generation, options.isDurable)
      continue
    }
    const closer = await GenerationCloser.open(generation, frozen.plan, {
      isDurable: options.isDurable,
      sourceRoot: null,
    })
    await closer.close()
  }
}

import type { WireError } from '../errors/migration-error.ts'
import { bookkeepingPaths } from './bookkeeping-paths.ts'
import { GuardedTree } from '../storage/guarded-tree.ts'
import { FolderHolder } from '../storage/held-folders.ts'
import { realFileSystem, type PlacingFileSystem } from './commit-file-system.ts'
import {
  commitGroup,
  discardStaged,
  isFinal,
  refuse,
  type CommitContext,
  type CommitOutcome,
  type StagedFile,
} from './commit-group.ts'
import type { SourceTree } from '../model/journal-entry.ts'
import { folderModesOf } from './folder-modes.ts'
import { JournalWriter } from './journal/journal.ts'
import type { LockHandle } from './lock/lock.ts'
import { hasRejectsOfEarlierRuns } from './rejects-file.ts'
import { TargetPlacer } from './target-placer.ts'
import { SyncShell, WholeSync, type SyncEverything } from './whole-sync.ts'

/*
 * Commits come in groups because a sync costs milliseconds whether it makes one file durable or a hundred: 128 files, those of 100 ms,
 * or all that came while the last group was under way, share the sync of each folder and of the journal. A kill makes the next run redo
 * at most the group that was under way.
 */

/** As many are not kept waiting. */
const GROUP_SIZE = 128
/** More are two groups. */
const LARGEST_GROUP = 1024
/** Only bounds how long a finished file waits for company. */
const GROUP_WAIT_MS = 100
/** Finished files that may wait before `whenReady` holds the workers back: their targets take up space twice. */
const WAITING_LIMIT = 512

export interface CommitterOptions {
  readonly targetRoot: string
  /** Where the modes of new folders come from; null, the default: they are for the own user alone. */
  readonly sourceRoot?: string | null
  /** `--overwrite`: files may be replaced that the plan did not see; never, if not given. */
  readonly mayOverwrite?: boolean
  readonly lock: Pick<LockHandle, 'runId' | 'assertOwned'>
  /** Where the sources lie, for the journal. */
  readonly sourceTree?: SourceTree
  /** False leaves out all syncs (`--no-fsync`): much faster for small files, but a power cut may lose what was reported done. */
  readonly isDurable: boolean
  readonly fileSystem?: PlacingFileSystem
  /** Syncs a whole file system; default: `sync -f`, where it can be trusted. */
  readonly syncEverything?: SyncEverything
  /** Told of each group that was committed: `performance.now()` before and after, and its number of files. */
  readonly onGroup?: ((startMs: number, endMs: number, fileCount: number) => void) | undefined
}

/** Files that were handed in together. They are committed in one group. */
interface Waiting {
  readonly files: readonly StagedFile[]
  readonly resolve: (outcomes: readonly CommitOutcome[]) => void
}

/** Makes staged files visible, one group after the other, and journals them. */
export class Committer {
  readonly #context: CommitContext
  readonly #journal: JournalWriter
  readonly #onGroup: CommitterOptions['onGroup']
  readonly #syncShell: SyncShell
  #waiting: Waiting[] = []
  #waitingCount = 0
  #timer: NodeJS.Timeout | null = null
  /** The time of those who wait is up. */
  #isDue = false
  #isClosing = false
  #isRunning = false
  #running: Promise<void> | null = null
  #finalError: WireError | null = null
  #readyCallbacks: (() => void)[] = []

  private constructor(
    context: Omit<CommitContext, 'wholeSync'>,
    journal: JournalWriter,
    { onGroup, syncEverything }: CommitterOptions,
  ) {
    this.#syncShell = new SyncShell(context.paths.staged)
    this.#context = { ...context, wholeSync: new WholeSync(syncEverything ?? this.#syncShell.run) }
    this.#onGroup = onGroup
    this.#journal = journal
  }

  /** @throws MigrationError JOURNAL_FAILED where no journal can be made. */
  static async open(options: CommitterOptions): Promise<Committer> {
    const paths = bookkeepingPaths(options.targetRoot)
    const fileSystem = options.fileSystem ?? realFileSystem
    const tree = new GuardedTree(options.targetRoot, fileSystem)
    const journal = new JournalWriter({ ...options, runId: options.lock.runId })
    await journal.open()
    const context = {
      paths,
      fileSystem,
      placer: new TargetPlacer(fileSystem, options.mayOverwrite ?? false),
      tree,
      folders: new FolderHolder(tree, fileSystem),
      modeOf: folderModesOf(options.sourceRoot ?? null, options.targetRoot),
      journal,
      assertOwned: () => options.lock.assertOwned(),
      isDurable: options.isDurable,
      mayHaveStaleRejects: await hasRejectsOfEarlierRuns(paths),
    }
    return new Committer(context, journal, options)
  }

  /**
   * Commits staged files with the next group. They belong to the committer from here on.
   * @returns resolves once the commits are durable or have failed, to one outcome for each file, in their order; never rejects.
   * JOURNAL_FAILED and LOCK_LOST end all further commits.
   */
  commit(files: readonly StagedFile[]): Promise<readonly CommitOutcome[]> {
    return new Promise((resolve) => {
      this.#waiting.push({ files, resolve })
      this.#waitingCount += files.length
      if (this.#waitingCount >= GROUP_SIZE || this.#isClosing) this.#start()
      else this.#timer ??= setTimeout(() => this.#start(), GROUP_WAIT_MS)
    })
  }

  /** Resolves when there is room for more finished files. Whoever makes them waits for it before making more. */
  whenReady(): Promise<void> {
    if (this.#waitingCount < WAITING_LIMIT) return Promise.resolve()
    return new Promise((resolve) => this.#readyCallbacks.push(resolve))
  }

  /** Commits what waits, without waiting for company, and closes the journal. Nothing may be committed after it. */
  async close(): Promise<void> {
    this.#isClosing = true
    this.#start()
    await this.#running
    this.#syncShell.close()
    await this.#journal.close()
  }

  #start(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#isDue = true
    if (!this.#isRunning) this.#running = this.#runGroups()
  }

  /** Goes on while a group is whole or its time is up; the rest waits for company. Never rejects. */
  async #runGroups(): Promise<void> {
    this.#isRunning = true
    while (this.#waiting.length > 0 && (this.#waitingCount >= GROUP_SIZE || this.#isDue || this.#isClosing)) {
      this.#isDue = false
      const group = this.#takeGroup()
      const outcomes = await this.#commitOrRefuse(group.flatMap(({ files }) => files))
      let at = 0
      for (const { files, resolve } of group) resolve(outcomes.slice(at, (at += files.length)))
      this.#announceRoom()
    }
    // Nothing is awaited from the last look at what waits to here, so no file can slip in between.
    this.#isRunning = false
    this.#isDue = false
    if (this.#waiting.length > 0) this.#timer ??= setTimeout(() => this.#start(), GROUP_WAIT_MS)
  }

  /** All that waits, unless it is too much. */
  #takeGroup(): Waiting[] {
    let count = 0
    let fileCount = 0
    for (const { files } of this.#waiting) {
      if (count > 0 && fileCount + files.length > LARGEST_GROUP) break
      count++
      fileCount += files.length
    }
    this.#waitingCount -= fileCount
    return this.#waiting.splice(0, count)
  }

  async #commitOrRefuse(files: readonly StagedFile[]): Promise<CommitOutcome[]> {
    const finalError = this.#finalError
    if (finalError !== null) {
      for (const file of files) await discardStaged(file, this.#context.tree)
      return files.map((file) => refuse(file, finalError))
    }
    const startMs = performance.now()
    const outcomes = await commitGroup(files, this.#context)
    this.#onGroup?.(startMs, performance.now(), files.length)
    for (const outcome of outcomes)
      if (!outcome.isCommitted && isFinal(outcome.error)) this.#finalError ??= outcome.error
    return outcomes
  }

  #announceRoom(): void {
    if (this.#waitingCount >= WAITING_LIMIT) return
    for (const callback of this.#readyCallbacks.splice(0)) callback()
  }
}

import type { WireError } from '../errors/migration-error.ts'
import type { JournalEntry, SourceTree } from '../model/journal-entry.ts'
import { JournalWriter } from './journal/journal.ts'
import type { LockHandle } from './lock/lock.ts'
import { endsAllCommits, type CommitOutcome } from './publish/commit-outcome.ts'
import type { Proof } from './publish/proof.ts'
import { Publisher } from './publish/publisher.ts'
import { withSyncTime, type StagedTarget } from './publish/staged-target.ts'
import { openTarget } from './publish/target-access.ts'
import { hasRejectsOfEarlierRuns } from './rejects-file.ts'
import { openTargetStorage } from '../storage/storages.ts'
import type { TargetStorage } from '../storage/target-storage.ts'

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
  /** Default: the one that the root lies in. It is closed with the committer. */
  readonly storage?: TargetStorage
  /** Told of each group that was committed: `performance.now()` before and after, and its number of files. */
  readonly onGroup?: ((startMs: number, endMs: number, fileCount: number) => void) | undefined
}

/** A finished file, with its line of the journal. */
export type JournaledTarget = StagedTarget<JournalEntry>

/** Files that were handed in together. They are committed in one group. */
interface Waiting {
  readonly files: readonly JournaledTarget[]
  readonly resolve: (outcomes: readonly CommitOutcome[]) => void
}

/** Makes staged files visible, one group after the other, and journals them. */
export class Committer {
  readonly #publisher: Publisher
  readonly #proof: Proof<JournaledTarget>
  readonly #journal: JournalWriter
  readonly #onGroup: CommitterOptions['onGroup']
  readonly #storage: TargetStorage
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

  private constructor(parts: {
    readonly publisher: Publisher
    readonly journal: JournalWriter
    readonly storage: TargetStorage
    readonly options: CommitterOptions
  }) {
    const { publisher, journal, storage, options } = parts
    this.#publisher = publisher
    this.#journal = journal
    this.#storage = storage
    this.#onGroup = options.onGroup
    this.#proof = {
      comes: 'after',
      folder: null,
      assertOwned: () => options.lock.assertOwned(),
      write: (files, syncNs) => journal.append(files.map(({ proved }) => withSyncTime(proved, syncNs))),
    }
  }

  /** @throws MigrationError JOURNAL_FAILED where no journal can be made. */
  static async open(options: CommitterOptions): Promise<Committer> {
    const storage = options.storage ?? openTargetStorage(options.targetRoot)
    const journal = new JournalWriter({ ...options, storage, runId: options.lock.runId })
    await journal.open()
    const { sourceRoot = null, mayOverwrite = false } = options
    const access = openTarget({ ...options, storage, sourceRoot, mayOverwrite })
    const publisher = new Publisher(access, {
      mayHaveStaleRejects: await hasRejectsOfEarlierRuns(access.paths),
      onUnplaced: () => {},
    })
    return new Committer({ publisher, journal, storage, options })
  }

  /**
   * Commits staged files with the next group. They belong to the committer from here on.
   * @returns resolves once the commits are durable or have failed, to one outcome for each file, in their order; never rejects.
   * JOURNAL_FAILED and LOCK_LOST end all further commits.
   */
  commit(files: readonly JournaledTarget[]): Promise<readonly CommitOutcome[]> {
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
    await this.#journal.close()
    this.#storage.close()
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

  async #commitOrRefuse(files: readonly JournaledTarget[]): Promise<CommitOutcome[]> {
    const finalError = this.#finalError
    if (finalError !== null) {
      await this.#publisher.discard(files)
      return files.map(({ source }) => ({ isCommitted: false, error: { ...finalError, position: { file: source } } }))
    }
    const startMs = performance.now()
    const [outcomes = []] = await this.#publisher.publish([{ files, proof: this.#proof }])
    this.#onGroup?.(startMs, performance.now(), files.length)
    for (const outcome of outcomes)
      if (!outcome.isCommitted && endsAllCommits(outcome.error)) this.#finalError ??= outcome.error
    return outcomes
  }

  #announceRoom(): void {
    if (this.#waitingCount >= WAITING_LIMIT) return
    for (const callback of this.#readyCallbacks.splice(0)) callback()
  }
}

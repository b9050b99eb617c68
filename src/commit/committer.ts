import { renameSync } from 'node:fs'
import fs from 'node:fs/promises'
import type { WireError } from '../errors/migration-error.ts'
import { bookkeepingPaths } from './bookkeeping-paths.ts'
import type { RenamingFileSystem } from './commit-file-system.ts'
import {
  commitGroup,
  discardStaged,
  isFinal,
  refuse,
  type CommitContext,
  type CommitOutcome,
  type StagedFile,
} from './commit-group.ts'
import { JournalWriter } from './journal.ts'
import type { LockHandle } from './lock.ts'
import { hasRejectsOfEarlierRuns } from './rejects-file.ts'
import { TargetRenamer } from './target-renamer.ts'

/*
 * Commits come in groups because a sync costs milliseconds whether it makes one file durable or a hundred: up to 128 files, or those
 * of 100 ms, share the sync of each folder and of the journal. A kill makes the next run redo at most the group that was under way.
 */

const GROUP_SIZE = 128
/** Only bounds how long a finished file waits for company. */
const GROUP_WAIT_MS = 100
/** Finished files that may wait before `whenReady` holds the workers back: their targets take up space twice. */
const WAITING_LIMIT = 4 * GROUP_SIZE
const KNOWN_FOLDERS_LIMIT = 10_000

export interface CommitterOptions {
  readonly targetRoot: string
  readonly lock: Pick<LockHandle, 'runId' | 'assertOwned'>
  /** Which of the writers of a run this is. */
  readonly node?: string
  /** False leaves out all syncs (`--no-fsync`): much faster for small files, but a power cut may lose what was reported done. */
  readonly isDurable: boolean
  readonly fileSystem?: RenamingFileSystem
}

interface Waiting {
  readonly file: StagedFile
  readonly resolve: (outcome: CommitOutcome) => void
}

/** Makes staged files visible, one group after the other, and journals them. */
export class Committer {
  readonly #context: CommitContext
  readonly #journal: JournalWriter
  #waiting: Waiting[] = []
  #timer: NodeJS.Timeout | null = null
  /** The time of those who wait is up. */
  #isDue = false
  #isClosing = false
  #isRunning = false
  #running: Promise<void> | null = null
  #finalError: WireError | null = null
  #readyCallbacks: (() => void)[] = []

  private constructor(context: CommitContext, journal: JournalWriter) {
    this.#context = context
    this.#journal = journal
  }

  /** @throws MigrationError JOURNAL_FAILED where no journal can be made. */
  static async open(options: CommitterOptions): Promise<Committer> {
    const paths = bookkeepingPaths(options.targetRoot)
    const fileSystem = options.fileSystem ?? { ...fs, renameSync }
    const journal = new JournalWriter({ ...options, runId: options.lock.runId })
    await journal.open()
    const context: CommitContext = {
      paths,
      fileSystem,
      renamer: new TargetRenamer(fileSystem),
      journal,
      assertOwned: () => options.lock.assertOwned(),
      isDurable: options.isDurable,
      mayHaveStaleRejects: await hasRejectsOfEarlierRuns(paths),
      knownFolders: new Set(),
    }
    return new Committer(context, journal)
  }

  /**
   * Commits a staged file with the next group. The staged files belong to the committer from here on.
   * @returns resolves once the commit is durable or has failed; never rejects. JOURNAL_FAILED and LOCK_LOST end all further commits.
   */
  commit(file: StagedFile): Promise<CommitOutcome> {
    return new Promise((resolve) => {
      this.#waiting.push({ file, resolve })
      if (this.#waiting.length >= GROUP_SIZE || this.#isClosing) this.#start()
      else this.#timer ??= setTimeout(() => this.#start(), GROUP_WAIT_MS)
    })
  }

  /** Resolves when there is room for more finished files. Whoever makes them waits for it before making more. */
  whenReady(): Promise<void> {
    if (this.#waiting.length < WAITING_LIMIT) return Promise.resolve()
    return new Promise((resolve) => this.#readyCallbacks.push(resolve))
  }

  /** Commits what waits, without waiting for company, and closes the journal. Nothing may be committed after it. */
  async close(): Promise<void> {
    this.#isClosing = true
    this.#start()
    await this.#running
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
    while (this.#waiting.length > 0 && (this.#waiting.length >= GROUP_SIZE || this.#isDue || this.#isClosing)) {
      this.#isDue = false
      const group = this.#waiting.splice(0, GROUP_SIZE)
      const outcomes = await this.#commitOrRefuse(group.map(({ file }) => file))
      for (const [index, { resolve }] of group.entries()) resolve(outcomes[index]!)
      this.#announceRoom()
    }
    // Nothing is awaited from the last look at what waits to here, so no file can slip in between.
    this.#isRunning = false
    this.#isDue = false
    if (this.#waiting.length > 0) this.#timer ??= setTimeout(() => this.#start(), GROUP_WAIT_MS)
  }

  async #commitOrRefuse(files: readonly StagedFile[]): Promise<CommitOutcome[]> {
    const finalError = this.#finalError
    if (finalError !== null) {
      for (const file of files) await discardStaged(file, this.#context.fileSystem)
      return files.map((file) => refuse(file, finalError))
    }
    if (this.#context.knownFolders.size > KNOWN_FOLDERS_LIMIT) this.#context.knownFolders.clear()
    const outcomes = await commitGroup(files, this.#context)
    for (const outcome of outcomes)
      if (!outcome.isCommitted && isFinal(outcome.error)) this.#finalError ??= outcome.error
    return outcomes
  }

  #announceRoom(): void {
    if (this.#waiting.length >= WAITING_LIMIT) return
    for (const callback of this.#readyCallbacks.splice(0)) callback()
  }
}

import fs from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { MigrationError, toWireError } from '../errors/migration-error.ts'
import type { JournalEntry } from '../model/journal-entry.ts'
import { bookkeepingPaths, type BookkeepingPaths } from './bookkeeping-paths.ts'
import { makeFolder, syncFolder, type CommitFileSystem } from './commit-file-system.ts'

/*
 * The journal is the proof of what was committed. Only one writer ever appends to a file, so it knows the length of the good part
 * without asking; whatever a failed write left behind is cut off again. A journal that failed once is never trusted again in
 * this run: after a failed fsync the kernel may have dropped the very pages it could not write, and a second try would lie.
 */

export interface JournalOptions {
  readonly targetRoot: string
  readonly runId: string
  /** Which of the writers of a run this is. */
  readonly node?: string
  /** False leaves out all syncs. */
  readonly isDurable: boolean
  readonly fileSystem?: CommitFileSystem
}

/** The line of one commit. journal-reader.ts takes it apart again: the two must change together. */
export function formatJournalLine(entry: JournalEntry): string {
  const commit = JSON.stringify(entry)
  return `{"crc":"${crc32(commit).toString(16).padStart(8, '0')}","commit":${commit}}\n`
}

/** Appends commits to `.migrate/journal/<runId>-<node>.ndjson`. The file is made with the first of them. */
export class JournalWriter {
  readonly #paths: BookkeepingPaths
  readonly #path: string
  readonly #isDurable: boolean
  readonly #fileSystem: CommitFileSystem
  #handle: fs.FileHandle | null = null
  #lengthBytes = 0
  #failure: MigrationError | null = null

  constructor(options: JournalOptions) {
    this.#paths = bookkeepingPaths(options.targetRoot)
    this.#path = join(this.#paths.journal, `${options.runId}-${options.node ?? 'local'}.ndjson`)
    this.#isDurable = options.isDurable
    this.#fileSystem = options.fileSystem ?? fs
  }

  /**
   * Appends all entries with one write and one sync: when the promise resolves they are on the disk.
   * @throws MigrationError JOURNAL_FAILED when they may not be; then none counts, and every later append fails the same way.
   */
  async append(entries: readonly JournalEntry[]): Promise<void> {
    if (this.#failure !== null) throw this.#failure
    if (entries.length === 0) return
    const lines = Buffer.from(entries.map(formatJournalLine).join(''))
    try {
      this.#handle ??= await this.#create()
      const { bytesWritten } = await this.#handle.write(lines, 0, lines.length, this.#lengthBytes)
      if (bytesWritten !== lines.length)
        throw new Error(`only ${bytesWritten} of ${lines.length} bytes could be written`)
      if (this.#isDurable) await this.#handle.sync()
    } catch (error) {
      this.#failure = this.#describeFailure(error)
      await this.#cutBack()
      throw this.#failure
    }
    this.#lengthBytes += lines.length
  }

  async close(): Promise<void> {
    await this.#handle?.close()
    this.#handle = null
  }

  async #create(): Promise<fs.FileHandle> {
    const changedFolders = await makeFolder(this.#fileSystem, this.#paths.journal)
    const handle = await this.#fileSystem.open(this.#path, 'wx')
    try {
      // The tree itself may be as new as the file.
      const folders = new Set([this.#paths.journal, this.#paths.root, this.#paths.targetRoot, ...changedFolders])
      if (this.#isDurable) for (const folder of folders) await syncFolder(this.#fileSystem, folder)
    } catch (error) {
      await handle.close()
      throw error
    }
    return handle
  }

  async #cutBack(): Promise<void> {
    try {
      await this.#handle?.truncate(this.#lengthBytes)
    } catch {
      // The reader recognises what is left by its checksum.
    }
  }

  #describeFailure(error: unknown): MigrationError {
    const reason = toWireError(error, { phase: 'commit' })
    const message = reason.code === 'UNEXPECTED' && error instanceof Error ? error.message : reason.message
    return new MigrationError('JOURNAL_FAILED', `the journal ${this.#path} cannot be written: ${message}`, {
      phase: 'commit',
      hint:
        reason.code === 'UNEXPECTED'
          ? 'free some space in the target tree and run the same command again'
          : reason.hint,
      cause: error,
    })
  }
}

import { join } from 'node:path'
import { MigrationError, toWireError } from '../../errors/migration-error.ts'
import type { JournalEntry, SourceTree } from '../../model/journal-entry.ts'
import { bookkeepingPaths, type BookkeepingPaths } from '../bookkeeping-paths.ts'
import type { TargetStorage } from '../../storage/target-storage.ts'
import type { TreeFile, TreeFileHead } from '../../storage/tree-files.ts'
import { findPlainFile } from '../find-plain-file.ts'
import { lostJournal } from './journal-state.ts'
import { formatJournalEnd, formatJournalHeader, formatJournalLine } from './journal-lines.ts'

/*
 * The journal is the proof of what was committed. Only one writer ever appends to a file, so it knows the length of the good part
 * without asking; whatever a failed write left behind is cut off again. A journal that failed once is never trusted again in
 * this run: after a failed fsync the kernel may have dropped the very pages it could not write, and a second try would lie.
 *
 * When the targets fill the disk, the files that still fitted must get their proof all the same. So some room is kept behind
 * the good part, filled with zeros that a commit overwrites. The reader takes them for a line that was not written to its end.
 *
 * The last line says how many commits there are. A journal without it belongs to a run that was killed, whose claims are still there
 * (seal-journals.ts); where they are not, the end of the journal was lost.
 */

/** Room for the lines of a commit group of usual size, with paths of usual length. */
const LEAST_RESERVE_BYTES = 128 * 1024

export interface JournalOptions {
  readonly targetRoot: string
  readonly runId: string
  /** Which of the writers of a run this is. */
  readonly node?: string
  /** Where the sources lie; null: it is not known. */
  readonly sourceTree?: SourceTree | null
  /** False leaves out all syncs. */
  readonly isDurable: boolean
  /** Default: the one that the root lies in. */
  readonly storage?: TargetStorage
}

/** Where the journal of a run lies, or that of one of its writers. */
export function journalPath(paths: BookkeepingPaths, runId: string, node = 'local'): string {
  return join(paths.journal, `${runId}-${node}.ndjson`)
}

/** Appends commits to `.migrate/journal/<runId>-<node>.ndjson`. A journal without any is removed again. */
export class JournalWriter {
  readonly #paths: BookkeepingPaths
  readonly path: string
  readonly #header: Buffer
  readonly #isDurable: boolean
  #file: TreeFile | null = null
  /** Which file it is, whatever has its name by then. */
  #identity: string | null = null
  #lengthBytes = 0
  #entryCount = 0
  /** The file is this long: zeros follow the good part. */
  #reservedBytes = 0
  #failure: MigrationError | null = null

  constructor(options: JournalOptions) {
    this.#paths = bookkeepingPaths(options.targetRoot, options.storage)
    this.path = journalPath(this.#paths, options.runId, options.node)
    this.#header = Buffer.from(formatJournalHeader([options.sourceTree ?? null]))
    this.#isDurable = options.isDurable
  }

  /**
   * Appends all entries with one write and one sync: when the promise resolves they are on the disk.
   * @throws MigrationError JOURNAL_FAILED when they may not be; then none counts, and every later append fails the same way.
   */
  async append(entries: readonly JournalEntry[]): Promise<void> {
    if (this.#failure !== null) throw this.#failure
    if (entries.length === 0) return
    const file = await this.#open()
    const text = Buffer.from(entries.map(formatJournalLine).join(''))
    const lines = this.#lengthBytes === 0 ? Buffer.concat([this.#header, text]) : text
    try {
      const bytesWritten = await file.writeAt(lines, this.#lengthBytes)
      if (bytesWritten !== lines.length)
        throw new Error(`only ${bytesWritten} of ${lines.length} bytes could be written`)
      if (this.#isDurable) await file.sync()
      await this.#requireInPlace()
    } catch (error) {
      await this.#cutBack(file)
      throw this.#fail(error)
    }
    this.#lengthBytes += lines.length
    this.#entryCount += entries.length
    // The next group may be as large as this one, or larger.
    await this.#reserve(file, Math.max(LEAST_RESERVE_BYTES, 2 * lines.length))
  }

  /** How many commits are written. */
  get entryCount(): number {
    return this.#entryCount
  }

  /**
   * Makes the file before anything is converted: then is the time to learn that it cannot be made.
   * @throws MigrationError JOURNAL_FAILED.
   */
  async open(): Promise<void> {
    await this.#open()
  }

  /** Never rejects: what was reported done is on the disk by then, and without syncs nothing was promised. `stateOfJournal` tells whether it still is. */
  async close(): Promise<void> {
    const file = this.#file
    if (file === null) return
    this.#file = null
    if (this.#entryCount > 0 && this.#failure === null) await this.#seal(file)
    else await this.#cutBack(file)
    await file.close().catch(() => undefined)
    if (this.#entryCount === 0) await this.#paths.tree.removeFile(this.path).catch(() => undefined)
  }

  async #open(): Promise<TreeFile> {
    try {
      this.#file ??= await this.#create()
    } catch (error) {
      throw this.#fail(error)
    }
    return this.#file
  }

  async #create(): Promise<TreeFile> {
    const changedFolders = await this.#paths.tree.makeFolder(this.#paths.journal)
    const file = await this.#paths.tree.open(this.path, 'wx')
    try {
      this.#identity = (await file.head()).identity
      // The tree itself may be as new as the file.
      const folders = new Set([this.#paths.journal, this.#paths.root, this.#paths.targetRoot, ...changedFolders])
      if (this.#isDurable) for (const folder of folders) await this.#paths.tree.syncFolder(folder)
    } catch (error) {
      await file.close()
      throw error
    }
    await this.#begin(file)
    return file
  }

  /** Writes the header with room behind it. On a disk that has none, the first commit will tell. */
  async #begin(file: TreeFile): Promise<void> {
    const header = this.#header
    const withRoom = Buffer.concat([header, Buffer.alloc(LEAST_RESERVE_BYTES)])
    try {
      this.#reservedBytes = await file.writeAt(withRoom, 0)
    } catch {
      this.#reservedBytes = 0
    }
    if (this.#reservedBytes >= header.length) this.#lengthBytes = header.length
  }

  /** Where this fails, the next run finds a journal without its end, and compares what it cannot know. */
  async #seal(file: TreeFile): Promise<void> {
    const end = Buffer.from(formatJournalEnd(this.#entryCount))
    try {
      const bytesWritten = await file.writeAt(end, this.#lengthBytes)
      // Without its end whoever reads it counts what is left.
      const isCut = this.#isCut(await file.head())
      if (bytesWritten === end.length && !isCut) this.#lengthBytes += end.length
      await file.truncate(this.#lengthBytes)
      if (this.#isDurable) await file.sync()
    } catch {
      await this.#cutBack(file)
    }
  }

  /** Where no room can be kept, the next lines have to find some. */
  async #reserve(file: TreeFile, reserveBytes: number): Promise<void> {
    const from = Math.max(this.#reservedBytes, this.#lengthBytes)
    const wantedBytes = this.#lengthBytes + reserveBytes - from
    if (wantedBytes < reserveBytes / 2) return
    try {
      const bytesWritten = await file.writeAt(Buffer.alloc(wantedBytes), from)
      this.#reservedBytes = from + bytesWritten
    } catch {
      this.#reservedBytes = from
    }
  }

  async #cutBack(file: TreeFile): Promise<void> {
    try {
      await file.truncate(this.#lengthBytes)
    } catch {
      // The reader recognises what is left by its checksum.
    }
  }

  /** What is written to a file that lost its name proves nothing. @throws MigrationError; errors of the system. */
  async #requireInPlace(): Promise<void> {
    const found = await findPlainFile(this.#paths.tree, this.path)
    if (found?.identity !== this.#identity) throw lostJournal(this.path)
    if (found !== null && this.#isCut(found)) throw lostJournal(this.path)
  }

  /** What was cut off is a hole once the next line is written, and the room behind it is gone. */
  #isCut({ sizeBytes }: TreeFileHead): boolean {
    return sizeBytes < this.#reservedBytes
  }

  #fail(error: unknown): MigrationError {
    this.#failure = this.#describeFailure(error)
    return this.#failure
  }

  #describeFailure(error: unknown): MigrationError {
    if (error instanceof MigrationError && error.code === 'JOURNAL_FAILED') return error
    const reason = toWireError(error, { phase: 'commit' })
    const message = reason.code === 'UNEXPECTED' && error instanceof Error ? error.message : reason.message
    return new MigrationError('JOURNAL_FAILED', `the journal ${this.path} cannot be written: ${message}`, {
      phase: 'commit',
      hint:
        reason.code === 'UNEXPECTED'
          ? 'free some space in the target tree and run the same command again'
          : reason.hint,
      cause: error,
    })
  }
}

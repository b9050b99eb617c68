import { plainChecksum, type Checksum } from '../batch/checksum.ts'
import type { PaceIo } from '../model/pacing.ts'
import { andThen, atOnce, isPromise, type Answer } from '../storage/answer.ts'
import type { OutputStorage, StagedOutput } from '../storage/output-storage.ts'
import { WriteQueue } from './write-queue.ts'

/** How the files are staged that one source file becomes. */
export interface Staging {
  readonly outputs: OutputStorage
  readonly pace?: PaceIo | undefined
}

export interface StagedFileOptions {
  /** Asked when the file is made; the system takes the umask off. */
  readonly mode: () => number
  /** The mode is that of the file, whatever the umask is. */
  readonly isModeKept?: boolean
  readonly checksum?: Checksum
}

/**
 * A file that nobody can see yet: written at a staged path, hashed while its bytes are hot, made visible later by the commit
 * (which also syncs it). It must not exist before. It is made with its first byte, when the mode of its source is known.
 *
 * Where the storage answers later, writes are queued, and who writes waits with `settle` now and then, so that memory is bounded.
 */
export class StagedFile {
  readonly path: string
  /** Bytes written so far, those that are queued included. */
  sizeBytes = 0
  /** CRC-32 of these bytes. */
  hash = 0
  #output: StagedOutput | null = null
  #isMade = false
  /** Null where the storage answers at once. */
  readonly #queue: WriteQueue | null
  readonly #staging: Staging
  readonly #options: StagedFileOptions
  readonly #checksum: Checksum

  constructor(path: string, staging: Staging, options: StagedFileOptions) {
    this.path = path
    this.#staging = staging
    this.#options = options
    this.#checksum = options.checksum ?? plainChecksum
    this.#queue = staging.outputs.isSynchronous ? null : new WriteQueue()
  }

  /** Writes all of bytes[start, end), whatever the storage takes at once. They may be written over when it returns. */
  write(bytes: Uint8Array, start: number, end: number): void {
    if (this.#queue === null) {
      atOnce(this.#writeAll(bytes, start, end))
    } else {
      const copy = new Uint8Array(bytes.subarray(start, end))
      this.#queue.add(() => this.#writeAll(copy, 0, copy.length))
    }
    this.hash = this.#checksum(bytes, start, end, this.hash)
    this.sizeBytes += end - start
  }

  /** True where `settle` has nothing to wait for, and nothing to throw. */
  get isSettled(): boolean {
    return this.#queue === null || this.#queue.isSettled
  }

  /** Waits until all bytes are written. @throws what went wrong with them. */
  settle(): Answer<void> {
    return this.#queue?.settle()
  }

  /** Closes the file and keeps it. An error here means that the bytes may not be there. */
  close(): Answer<void> {
    if (this.#queue === null) return this.#close()
    this.#queue.add(() => this.#close())
    return this.#queue.settle()
  }

  /**
   * Closes the file and removes it; where it is closed, it goes at the end of the run. Never throws: it runs where something else went
   * wrong already.
   */
  discard(): Answer<void> {
    return this.#queue === null ? this.#discard() : this.#queue.abandon().then(() => this.#discard())
  }

  #writeAll(bytes: Uint8Array, start: number, end: number): Answer<void> {
    const output = this.#output ?? this.#make()
    if (isPromise(output)) return output.then(() => this.#writeAll(bytes, start, end))
    for (let from = start; from < end;) {
      const written = output.write(bytes, from, end)
      if (isPromise(written)) return written.then((count) => this.#writeRest(bytes, from, end, count))
      this.#staging.pace?.(written)
      from += written
    }
  }

  #writeRest(bytes: Uint8Array, from: number, end: number, written: number): Answer<void> {
    this.#staging.pace?.(written)
    if (from + written < end) return this.#writeAll(bytes, from + written, end)
  }

  #make(): Answer<StagedOutput> {
    if (this.#isMade) throw new Error(`${this.path} is closed`)
    const { outputs, pace } = this.#staging
    const { mode, isModeKept } = this.#options
    pace?.(0)
    return andThen(outputs.createStaged(this.path, { mode: mode(), isModeKept }), (output) => {
      this.#isMade = true
      this.#output = output
      return output
    })
  }

  #close(): Answer<void> {
    if (this.#output !== null) return this.#letGo()?.close()
    if (!this.#isMade) return andThen(this.#make(), () => this.#letGo()?.close())
  }

  #discard(): Answer<void> {
    return this.#letGo()?.discard()
  }

  #letGo(): StagedOutput | null {
    const output = this.#output
    this.#output = null
    return output
  }
}

import type { Answer } from '../../../src/storage/answer.ts'
import type { OutputStorage, StagedOutput } from '../../../src/storage/output-storage.ts'
import { answerAfter } from './answer-after.ts'
import { memoryError, type MemoryDisk, type StoredFile } from './memory-disk.ts'

export interface MemoryOutputOptions {
  /** Milliseconds until anything is answered; undefined: all is answered at once. */
  readonly latencyMs?: number
  /** The most bytes that one write takes. */
  readonly mostBytes?: number
}

/**
 * Staged files in memory. Each call is told to the disk's `watch` first. Bytes are taken when a write is answered, not when it is asked for: whoever writes
 * over them before is found out.
 */
export class MemoryOutputs implements OutputStorage {
  readonly isSynchronous: boolean
  readonly shared = null
  /** Calls that are not answered yet. */
  unanswered = 0
  readonly #disk: MemoryDisk
  readonly #options: MemoryOutputOptions

  constructor(disk: MemoryDisk, options: MemoryOutputOptions) {
    this.#disk = disk
    this.#options = options
    this.isSynchronous = options.latencyMs === undefined
  }

  beginTask(): void {}

  createStaged(path: string): Answer<StagedOutput> {
    const name = this.#disk.nameOf(path)
    return this.#answer(`create ${name}`, () => {
      if (this.#disk.file(name) !== undefined) throw memoryError('EEXIST', name)
      return this.#outputOf(name, this.#disk.make(name))
    })
  }

  #outputOf(name: string, file: StoredFile): StagedOutput {
    let isOpen = true
    const requireOpen = (): void => {
      if (!isOpen) throw memoryError('EBADF', name)
    }
    return {
      write: (bytes, start, end) =>
        this.#answer(`write ${name}`, () => {
          requireOpen()
          const count = Math.min(end - start, this.#options.mostBytes ?? end - start)
          this.#disk.write(file, Buffer.concat([file.bytes, bytes.subarray(start, start + count)]))
          return count
        }),
      close: () =>
        this.#answer(`close ${name}`, () => {
          requireOpen()
          isOpen = false
        }),
      discard: () =>
        this.#answer(null, () => {
          isOpen = false
          if (this.#disk.file(name) === file) this.#disk.removeName(name)
        }),
    }
  }

  /** @param call null: it cannot fail. */
  #answer<Value>(call: string | null, work: () => Value): Answer<Value> {
    this.unanswered++
    return answerAfter(this.#options.latencyMs, () => {
      this.unanswered--
      if (call !== null) this.#disk.watch(call)
      return work()
    })
  }
}

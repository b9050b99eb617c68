import { closeSync, fchmodSync, openSync, writeSync } from 'node:fs'
import { plainChecksum, type Checksum } from '../batch/checksum.ts'
import type { PaceIo } from '../model/pacing.ts'
import { identityOf, removeMade, type FileIdentity } from '../storage/local/made-file.ts'

/** How the files are staged that one source file becomes. */
export interface Staging {
  /** Called before a file is made: throws where its folder is not what it should be. */
  readonly requireFolder?: (() => void) | undefined
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
 */
export class StagedFile {
  readonly path: string
  /** Bytes written so far. */
  sizeBytes = 0
  /** CRC-32 of the bytes written so far. */
  hash = 0
  #descriptor: number | null = null
  #isMade = false
  readonly #staging: Staging
  readonly #options: StagedFileOptions
  readonly #checksum: Checksum

  constructor(path: string, staging: Staging, options: StagedFileOptions) {
    this.path = path
    this.#staging = staging
    this.#options = options
    this.#checksum = options.checksum ?? plainChecksum
  }

  /** Writes all of bytes[start, end), whatever the system takes at once. */
  write(bytes: Uint8Array, start: number, end: number): void {
    const descriptor = this.#descriptor ?? this.#make()
    for (let from = start; from < end;) {
      const written = writeSync(descriptor, bytes, from, end - from)
      this.#staging.pace?.(written)
      from += written
    }
    this.hash = this.#checksum(bytes, start, end, this.hash)
    this.sizeBytes += end - start
  }

  /** Closes the file and keeps it. An error here means that the bytes may not be there. */
  close(): void {
    if (!this.#isMade) this.#make()
    this.#letGo()
  }

  /**
   * Closes the file and removes it; where it is closed, it goes at the end of the run. Never throws: it runs where something else went
   * wrong already.
   */
  discard(): void {
    if (this.#descriptor === null) return
    let made: FileIdentity | null = null
    try {
      made = identityOf(this.#descriptor)
      this.#letGo()
    } catch {
      // The file goes away with its bytes.
    }
    if (made !== null) removeMade(this.path, made)
  }

  #make(): number {
    if (this.#isMade) throw new Error(`${this.path} is closed`)
    const { mode, isModeKept } = this.#options
    this.#staging.pace?.(0)
    this.#staging.requireFolder?.()
    const descriptor = openSync(this.path, 'wx', mode())
    this.#isMade = true
    this.#descriptor = descriptor
    if (isModeKept) keepMode(descriptor, mode())
    return descriptor
  }

  #letGo(): void {
    if (this.#descriptor === null) return
    const descriptor = this.#descriptor
    this.#descriptor = null
    closeSync(descriptor)
  }
}

/** Gives back what the umask took, where the file system knows of modes. */
function keepMode(descriptor: number, mode: number): void {
  try {
    fchmodSync(descriptor, mode)
  } catch {
    // Less open than it might be, as the system made it.
  }
}

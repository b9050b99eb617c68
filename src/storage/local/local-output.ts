import { closeSync, fchmodSync, openSync, writeSync } from 'node:fs'
import type { FileIdentity, StagedOptions, StagedOutput } from '../output-storage.ts'
import { identityOf, removeMade } from './made-file.ts'

/** A staged file on a file system of this machine. */
export class LocalOutput implements StagedOutput {
  readonly #path: string
  readonly #descriptor: number

  private constructor(path: string, descriptor: number) {
    this.#path = path
    this.#descriptor = descriptor
  }

  /** Makes the file, which must not exist before, in a folder that was looked at. */
  static create(path: string, { mode, isModeKept }: StagedOptions): LocalOutput {
    const descriptor = openSync(path, 'wx', mode)
    if (isModeKept) keepMode(descriptor, mode)
    return new LocalOutput(path, descriptor)
  }

  write(bytes: Uint8Array, start: number, end: number): number {
    return writeSync(this.#descriptor, bytes, start, end - start)
  }

  close(): void {
    closeSync(this.#descriptor)
  }

  discard(): void {
    let made: FileIdentity | null = null
    try {
      made = identityOf(this.#descriptor)
      this.close()
    } catch {
      // The file goes away with its bytes.
    }
    if (made !== null) removeMade(this.#path, made)
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

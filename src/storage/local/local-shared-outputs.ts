import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs'
import type { FileIdentity, SharedOutput, SharedOutputs } from '../output-storage.ts'
import { identityOf, isSameIdentity, removeMade } from './made-file.ts'
import type { StagedLooks } from './staged-looks.ts'
import { unsafeEntry } from './unsafe-entry.ts'

const { O_CREAT, O_EXCL, O_RDWR } = constants
/** Systems that lack one have undefined for it, which counts as 0. */
const NEVER_WAIT = constants.O_NOFOLLOW | constants.O_NONBLOCK

/** Staged files on a file system of this machine that several threads write. */
export class LocalSharedOutputs implements SharedOutputs {
  readonly #looks: StagedLooks

  constructor(looks: StagedLooks) {
    this.#looks = looks
  }

  create(path: string, mode: number): SharedOutput {
    this.#looks.requireFolderOf(path)
    return new LocalSharedOutput(openSync(path, O_RDWR | O_CREAT | O_EXCL, mode))
  }

  open(path: string, made: FileIdentity): SharedOutput {
    this.#looks.requireFolderOf(path)
    const file = new LocalSharedOutput(openSync(path, O_RDWR | NEVER_WAIT))
    if (isSameIdentity(file.identity, made)) return file
    file.close()
    throw unsafeEntry(path, 'another file than the one that was made there', 'file')
  }

  remove(path: string, made: FileIdentity): void {
    removeMade(path, made)
  }
}

class LocalSharedOutput implements SharedOutput {
  readonly #descriptor: number

  constructor(descriptor: number) {
    this.#descriptor = descriptor
  }

  get identity(): FileIdentity {
    return identityOf(this.#descriptor)
  }

  writeAt(offset: number, bytes: Uint8Array, start: number, end: number): number {
    return writeSync(this.#descriptor, bytes, start, end - start, offset)
  }

  readAt(offset: number, bytes: Uint8Array): number {
    return readSync(this.#descriptor, bytes, 0, bytes.length, offset)
  }

  close(): void {
    closeSync(this.#descriptor)
  }
}

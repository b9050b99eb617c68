import type { Answer } from './answer.ts'

/*
 * The writing side of a target tree, as threads need it: they make staged files, which nobody sees before the main thread publishes them. Whoever calls
 * paces, hashes and counts. Paths are absolute and lie below the root of the tree.
 */

/** Where threads write. */
export interface OutputStorage {
  /** True where everything is answered at once: then nothing is copied, and nobody waits. */
  readonly isSynchronous: boolean
  /** Files that several threads write together; null: no file is split. Only for storages that answer at once. */
  readonly shared: SharedOutputs | null
  /** A thread begins a task: what it has seen of the tree before is no longer believed. */
  beginTask(): void
  /** Makes a staged file where nothing may be. @throws MigrationError where its folder is not what it should be; errors of the system. */
  createStaged(path: string, options: StagedOptions): Answer<StagedOutput>
}

export interface StagedOptions {
  /** Permissions that the file is made with; the system takes the umask off. */
  readonly mode: number
  /** They are those of the file, whatever the umask is, where the storage knows of any. */
  readonly isModeKept?: boolean | undefined
}

/** A staged file that one thread writes from front to back. */
export interface StagedOutput {
  /**
   * Writes bytes[start, end) behind what is there. The bytes stay as they are until this is answered.
   * @returns how many were written, which may be fewer, but is one at least.
   */
  write(bytes: Uint8Array, start: number, end: number): Answer<number>
  /** Nothing is asked of the file after it. An error here means that the bytes may not be there. */
  close(): Answer<void>
  /**
   * Closes and removes the very file that was made, and nothing else that has its path by now. Never fails, since something else went wrong
   * already: what stays goes at the end of the run. Nothing is asked of the file after it.
   */
  discard(): Answer<void>
}

/** Which file it is, whatever its name leads to by now: two words of 64 bits, so that threads can tell each other. */
export interface FileIdentity {
  readonly device: bigint
  readonly inode: bigint
}

/** Staged files that several threads write at once, each at places of its own. */
export interface SharedOutputs {
  /** As `createStaged`. */
  create(path: string, mode: number): SharedOutput
  /**
   * Opens a file that another thread has made.
   * @throws MigrationError BOOKKEEPING_UNSAFE, TARGET_EXISTS where another file is in its place, which is left alone; errors of the system.
   */
  open(path: string, made: FileIdentity): SharedOutput
  /** Removes the very file that was made, and nothing else that has its path by now. Never throws. */
  remove(path: string, made: FileIdentity): void
}

export interface SharedOutput {
  readonly identity: FileIdentity
  /** Writes bytes[start, end) from `offset` of the file on. @returns how many, which may be fewer. */
  writeAt(offset: number, bytes: Uint8Array, start: number, end: number): number
  /** Reads what lies at `offset` into `bytes`. @returns how many bytes; 0 at the end of the file. */
  readAt(offset: number, bytes: Uint8Array): number
  /** An error here means that the bytes may not be there. */
  close(): void
}

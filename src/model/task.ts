import type { FormatName } from './format-name.ts'

/** One source file to convert: all a worker needs beside the DataPlan. */
export interface FileTask {
  /** The file's number in the plan; results come back under it. */
  readonly index: number
  readonly sourcePath: string
  /** Relative to the source tree, `/` between parts: the name in rejects and messages. */
  readonly relativePath: string
  /** `bytes` copies the file as it is (`--others copy`). */
  readonly format: FormatName | 'bytes'
  /** Size and modification time when the plan was made; anything else at open is SOURCE_CHANGED. */
  readonly sizeBytes: number
  readonly mtimeNs: bigint
  /** Missing where size and time are all that the storage knows of it. */
  readonly version?: string | undefined
  /** Where the worker writes; nobody reads these before the commit. The rejects file is only made when there is a reject. */
  readonly stagedTarget: string
  readonly stagedRejects: string
}

/** A file that several threads convert together. */
export interface SplitTask {
  readonly file: FileTask
  /** What the threads know of each other (src/convert/split/split-board.ts), made anew for each attempt. */
  readonly memory: SharedArrayBuffer
  /** Bytes of the source that a thread claims at once. */
  readonly blockBytes: number
}

/** One unit for the thread pool. */
export type Task =
  | { readonly kind: 'convert'; readonly files: readonly FileTask[] }
  /** Converts one file, with the help of those threads that get `help` tasks with the same memory. */
  | (SplitTask & { readonly kind: 'lead' })
  | (SplitTask & { readonly kind: 'help' })
  /** Converts the first bytes of files and writes nothing: for the space preflight and the plan's predicted time. */
  | { readonly kind: 'sample'; readonly files: readonly FileTask[]; readonly maxBytes: number }
  /**
   * Saves the CPU profile of the thread that takes it, and then waits until as many threads as given have: so no thread takes two of them.
   * @see ThreadPool.saveProfiles
   */
  | { readonly kind: 'profile'; readonly folder: string; readonly saved: SharedArrayBuffer; readonly threads: number }
  /** Hashes whole files (`--checksum`). A file that cannot be read gets null. */
  | { readonly kind: 'hash'; readonly paths: readonly string[] }

import type { SourceTree } from '../model/journal-entry.ts'
import type { Answer } from './answer.ts'
import type { EntryKind } from './tree-files.ts'

/*
 * What Drover asks of whatever holds trees of files: a local disk (local/), later an object store. Nothing here demands the main
 * thread. Paths are the storage's own text: what `find` gives as a root, and below it `/` and the names.
 */

/** What tells the contents of a file from those that it had before. */
export interface FileHead {
  readonly sizeBytes: number
  readonly mtimeNs: bigint
  /** A text that changes with the contents, such as an etag; missing where size and time are all that the storage knows. */
  readonly version?: string | undefined
}

/** What is at a path. */
export interface FoundFile extends FileHead {
  /** False for what is no file any more. */
  readonly isFile: boolean
  /** Permissions as a POSIX system has them; a storage without any says those that a new file gets. */
  readonly mode: number
}

/** What `--in` names. A root is the absolute path of a tree by which all of it can be reached. */
export type FoundSource =
  | { readonly kind: 'folder'; readonly root: string }
  /** The name is the one that was given: targets are named after it. */
  | { readonly kind: 'file'; readonly root: string; readonly name: string; readonly head: FileHead }
  /** Something that is read as neither. */
  | { readonly kind: 'other' }

/** One thing in a folder. */
export type SourceEntry =
  | ({ readonly kind: 'file'; readonly folder: string; readonly name: string } & FileHead)
  /** @property identity the same for one folder, whichever links lead to it. */
  | { readonly kind: 'folder'; readonly name: string; readonly identity: string }
  /** A link that is not followed. */
  | { readonly kind: 'link'; readonly name: string }
  /** A socket, pipe or device. */
  | { readonly kind: 'special'; readonly name: string }
  /** A name that is no valid UTF-8: nobody could be told of it by text. */
  | { readonly kind: 'unreadable-name'; readonly name: string; readonly bytes: Uint8Array; readonly isFolder: boolean }
  /** It cannot be looked at. */
  | { readonly kind: 'failed'; readonly name: string; readonly error: unknown }

/** A folder of a source tree. */
export interface SourceFolder {
  readonly root: string
  /** Relative to the root with `/`; '' is the root itself. */
  readonly path: string
  /** Links are followed where what they lead to lies in the tree, and not in bookkeeping. */
  readonly followLinks: boolean
}

/** Where sources come from. */
export interface SourceStorage {
  /** True where everything is answered at once. Only then is one file converted by several threads, which wait for each other. */
  readonly isSynchronous: boolean
  /** @returns null where nothing is there. @throws MigrationError where it cannot be looked at. */
  find(given: string): Answer<FoundSource | null>
  /** What to try instead of a path where nothing is, as a hint. Never throws. */
  hintAtMissing(given: string): Answer<string>
  /** Tells a folder from all others. @throws errors of the system. */
  identify(folder: SourceFolder): Answer<string>
  /**
   * What is in a folder, sorted by the bytes of the names. Each entry is looked at when it is asked for; what vanishes before is not there.
   * @throws an error with a `code` where the folder cannot be listed.
   */
  list(folder: SourceFolder): Answer<Iterable<SourceEntry>>
  /**
   * Looks at one entry of a folder, which a link may lead to: then it is a link itself.
   * @returns null where nothing is there. @throws an error with a `code`.
   */
  look(folder: SourceFolder, name: string): Answer<SourceEntry | null>
  /** @returns null where nothing is there. @throws an error with a `code`. */
  head(path: string): Answer<FoundFile | null>
  /**
   * What is at a path itself: a link is a link. Targets are removed where the answer is null, so it is only where nothing is there for certain.
   * @throws errors of the system.
   */
  kindOf(path: string): Answer<EntryKind | null>
  /** As TargetStorage.identityOf: the same text where both are one file. */
  identityOf(path: string): Answer<string | null>
  /** The permissions of a folder; a storage without any says those that a new folder gets. @throws where it cannot be looked at. */
  modeOf(folder: string): Answer<number>
  /** A tree as journals name it, so that a later run can tell whether it looks at the same one. Never throws. */
  describeTree(root: string): Answer<SourceTree>
  /** Opens a file, which may be a target by now: `--checksum` reads both. Never waits for what has taken its place. @throws an error with a `code`, ENOENT where nothing is there. */
  open(path: string): Answer<ByteSource>
}

/** The bytes of a file, read anywhere in it. */
export interface ByteSource {
  /** The file as it is now: SOURCE_CHANGED is found by comparing. */
  head(): Answer<FoundFile>
  /**
   * Reads into target[at, at + length).
   * @returns how many bytes, which may be fewer; 0 behind the end. @throws an error with a `code`.
   */
  readAt(target: Uint8Array, at: number, length: number, offset: number): Answer<number>
  /** Nothing is read after it. */
  close(): void
}

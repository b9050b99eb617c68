import type { Answer } from './answer.ts'

/*
 * The bookkeeping of a target tree: small files that are appended to, made exclusively, renamed and removed. Drover's own are all that is reached in this
 * way; targets get their names by `TargetStorage`.
 */

/** How a file is opened: for reading, for both, made anew where nothing may be, for reading and appending. Nothing is ever emptied. */
export type OpenMode = 'r' | 'r+' | 'wx' | 'a+'

/** What a file of the tree is like. */
export interface TreeFileHead {
  readonly sizeBytes: number
  readonly mtimeNs: bigint
  /** The same for one file whatever its name is, and for no other file that is there at the same time. */
  readonly identity: string
  /** Names that lead to the file: more than one where the storage knows hard links, and somebody made some. */
  readonly nameCount: number
}

/** A link is a link, wherever it leads. */
export type EntryKind = 'file' | 'folder' | 'link' | 'other'

/** What is at a path of a tree. */
export interface TreeEntry {
  readonly kind: EntryKind
  readonly sizeBytes: number
  readonly mtimeNs: bigint
}

/** What is in a folder. The names are those of the moment when it was asked for. */
export interface FolderContents {
  readonly isEmpty: boolean
  /** Looks at what has a name, which costs nothing where nothing has it. @returns null: nothing has. @throws errors of the system. */
  look(name: string): Answer<TreeEntry | null>
}

/** An open file of the tree. All its calls throw errors of the system as they are. */
export interface TreeFile {
  head(): Answer<TreeFileHead>
  /** Reads into bytes[at, at + length) from `offset` of the file on. @returns how many, which may be fewer; 0 behind the end. */
  readAt(bytes: Uint8Array, at: number, length: number, offset: number): Answer<number>
  /** Writes from `offset` of the file on. @returns how many bytes, which may be fewer. */
  writeAt(bytes: Uint8Array, offset: number): Promise<number>
  /** Writes all of a text behind what is there. */
  append(text: string | Uint8Array): Promise<void>
  truncate(sizeBytes: number): Promise<void>
  /** Makes the content durable; the name is not. */
  sync(): Promise<void>
  /** Gives the file the time of now, as a sign of life. */
  touch(): Promise<void>
  close(): Promise<void>
}

/** By what a storage lets only one win a name. What it is called is written into frozen plans. */
export type ExclusiveBy = 'link' | 'symlink'

/**
 * Files in a tree. Paths are absolute and lie below the root; no call follows a link, or waits for what is no file.
 * Errors: BOOKKEEPING_UNSAFE (below `.migrate`), TARGET_LINK, TARGET_NOT_A_FOLDER or TARGET_EXISTS for what is not what it should be;
 * RangeError for a path outside of the root, which is a fault of the caller; errors of the system as they are.
 */
export interface TreeFiles {
  readonly root: string
  /** Looks at a folder and at all those above it, up to the root. @returns whether it is there. */
  hasFolder(folder: string): Answer<boolean>
  /** Looks at one path, and at none of the folders above it. @returns null where nothing is there. @throws errors of the system. */
  look(path: string): Answer<TreeEntry | null>
  /**
   * What is in a folder, for callers who ask for many of its names. It and those above it are not looked at.
   * @returns empty contents where there is no such folder. @throws errors of the system.
   */
  contentsOf(folder: string): Answer<FolderContents>
  /** @returns null where no file is there. @throws for what is there and no file. */
  headOf(path: string): Answer<TreeFileHead | null>
  /** @param permissions of a file that is made. @throws also where a file that is appended to has another name: that leads out of the tree. */
  open(path: string, mode: OpenMode, permissions?: number): Promise<TreeFile>
  /** The same; null where there is no such file. */
  openIfThere(path: string, mode: 'r' | 'r+'): Promise<TreeFile | null>
  /** The content of a file; null where there is none. */
  read(path: string): Promise<Buffer | null>
  /** The first 64 KiB of a file, for small ones that are looked at often; null where there is none. */
  readStart(path: string): Answer<Buffer | null>
  /**
   * Makes a file with this content, which must not be there. Where that fails, part of it may be left.
   * @param isDurable whether the content is durable when the promise resolves; the name is not.
   */
  write(path: string, texts: string | Iterable<string>, isDurable?: boolean): Promise<void>
  /** The names in a folder; none where there is no such folder. */
  list(folder: string): Promise<string[]>
  /**
   * Makes a folder with those above it, also the root and what is above that.
   * @param permissions of each folder that is made below the root: bookkeeping is its owner's own business.
   * @param rootPermissions of the root, if it is made; it and those above it otherwise get the system's.
   * @returns the folders that got a new entry by this, deepest first, which must be synced for the new folders to last.
   */
  makeFolder(folder: string, permissions?: number, rootPermissions?: number): Promise<string[]>
  /** Makes a folder, but none above it. @returns false where it is there already. @throws ENOENT where the one above it is not there. */
  makeOneFolder(folder: string, permissions?: number): Answer<boolean>
  /** Makes the names in a folder durable. */
  syncFolder(folder: string): Promise<void>
  /** Renames a file or folder. What has the new name is replaced, if it is a file. */
  rename(from: string, to: string): Promise<void>
  /** Removes a file if it is there. */
  removeFile(path: string): Promise<void>
  /** Removes a folder if it is there and empty, the root and what is above it too. @returns whether it did. */
  removeEmptyFolder(folder: string): Promise<boolean>
  /** Removes a folder and all below it, if it is there. @throws also BOOKKEEPING_UNSAFE where something of others is mounted in it. */
  removeTree(folder: string): Promise<void>
  /** Gives a complete file a second name, if nobody has that name yet. @returns false where the name is taken. */
  addName(existing: string, name: string): Promise<boolean>
  /**
   * Finds out how a name can be won in a folder by one only, so that all see the same winner whatever answers get lost.
   * @returns null where it cannot.
   */
  probeExclusiveNames(folder: string): Promise<ExclusiveBy | null>
  /** Gives a complete file a name that is won so. By symlink the file must stay. @returns whether this call won it. */
  winName(existing: string, name: string, by: ExclusiveBy): Promise<boolean>
  /** What a file whose name was won is like; null where nobody has won it. */
  headOfWon(name: string): Answer<TreeFileHead | null>
  /** Its content. */
  readWon(name: string): Promise<Buffer | null>
}

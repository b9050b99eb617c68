import type { Answer } from './answer.ts'
import type { SeenFile } from '../model/paths/seen-file.ts'
import type { OutputStorage } from './output-storage.ts'
import type { TreeFileHead, TreeFiles } from './tree-files.ts'

/** What a publication may replace. Anything else that is in its place stays, and is told as TARGET_EXISTS. */
export interface Expected {
  /** The version that the plan saw there; null: nothing. */
  readonly seen: SeenFile | null
  /** `--overwrite`: any file, whoever made it. Never a folder or a link. */
  readonly orAnyFile: boolean
}

/** A finished file: its target, and its rejects if it has any. Nobody can see them yet. */
export interface StagedFiles {
  readonly stagedTarget: string
  readonly stagedRejects: string | null
}

/** What content a target must have to be taken for one that a proof tells of: its size and CRC-32. */
export interface ContentSum {
  readonly targetBytes: number
  readonly targetHash: number
}

/** Says where the staged files of one writer lie. Answers at once: it is asked for each try at a target. */
export interface StagingPlaces {
  /** The folder of the staged file of a number, in the area or below it. Numbers are asked for in their order. */
  folderOf(number: number): string
  /**
   * The folder that files of a target folder must be staged in, since they could not be given a name there from the area. It is the target folder, or
   * one above that is there. Both are relative to the root, '.' is the root itself.
   * @returns null: the area will do. @throws errors of the system where the folders above the target cannot be looked at.
   */
  besideOf(targetFolder: string): string | null
}

/** Where `--out` leads to by now, whatever links are on the way. */
export interface NamedTarget {
  /** `other`: a pipe, a socket or a device. `nothing`: also what cannot be looked at. */
  readonly kind: 'folder' | 'file' | 'other' | 'nothing'
  /** The place above it, absolute, as it was given. */
  readonly folder: string
  /** Its name there. */
  readonly name: string
}

/** Finds target trees, before anybody knows their roots. */
export interface TargetFinder {
  /** Looks at what the user named. Never throws. */
  find(given: string): Answer<NamedTarget>
  /**
   * The root of the target tree at a path: absolute, one text for one tree as far as it is there already.
   * @throws MigrationError TARGET_NOT_A_FOLDER where something else is in the way; the errno's name where it cannot be looked at.
   */
  rootAt(given: string): Answer<string>
}

/** What room there is for a tree. */
export interface FreeSpace {
  readonly bytes: number
  /** The folder that it was asked of: the root, or the nearest one above it that is there. */
  readonly folder: string
}

/**
 * A target tree. Paths are absolute and lie below its root; no call follows a link, or touches what took the place of a folder
 * meanwhile. Errors are those of TreeFiles. Nothing here asks for the main thread.
 */
export interface TargetStorage extends TreeFiles, OutputStorage {
  /** The room that is left, also for a root that is still to be made; null: the storage does not say. */
  freeSpace(): Answer<FreeSpace | null>
  /**
   * Tells the file that a path leads to, by whatever links, from all others that are there: a source must not be taken for a target.
   * @returns a text that no other storage gives for anything; null where nothing is there. @throws errors of the system.
   */
  identityOf(path: string): Answer<string | null>
  /** @param area the folder of staged files, which is there. */
  stagingPlaces(area: string): StagingPlaces
  /**
   * Makes the contents of staged files durable.
   * @param onFailed told of each file of which that failed.
   */
  syncStaged<File extends StagedFiles>(
    files: readonly File[],
    onFailed: (file: File, error: unknown) => void,
  ): Promise<void>
  /**
   * Makes the names in folders durable.
   * @param published the files that went into them, if they are known.
   * @returns what is wrong with the folders where that failed.
   */
  syncFolders(folders: ReadonlySet<string>, published?: readonly StagedFiles[]): Promise<ReadonlyMap<string, unknown>>
  /** Begins to publish some files: what is opened for them is kept until `end`. */
  beginPublishing(): PublishingSession
  /** Lets go of what is kept for many calls. Nothing is asked of the storage after it. */
  close(): void
}

/** Some files that are published together. Local folders are looked at, and held, once for all of them. */
export interface PublishingSession {
  /** A folder of the tree; null: it is not there. */
  folder(path: string): Answer<TargetFolder | null>
  /**
   * The same; where it is missing it is made, with those above it.
   * @param modeOf the permissions of a folder that is made.
   * @param onMade told of each folder that got an entry by this: it must be synced for the new one to last.
   */
  folderOrMake(
    path: string,
    modeOf: (folder: string) => Answer<number>,
    onMade: (changed: string) => void,
  ): Answer<TargetFolder>
  /** Whether a staged file is there still. */
  hasStaged(path: string): Answer<boolean>
  /** Removes a staged file whose target is in its place already. Never fails: what stays goes with all that is staged. */
  dropStaged(path: string): Answer<void>
  end(): void
}

/** A folder of the tree that names are given in. */
export interface TargetFolder {
  /**
   * Gives a staged target its name.
   * @throws MigrationError TARGET_EXISTS where something else is there than expected: it is not replaced, and the staged file stays. ENOENT
   * where the staged file is not there, or the folder is not any more.
   */
  publish(staged: string, name: string, expected: Expected): Answer<void>
  /** Gives a staged file of the bookkeeping its name, over whatever file has it. */
  replace(staged: string, name: string): Promise<void>
  /** Removes a file. @returns whether it was there. */
  remove(name: string): Promise<boolean>
  /** Removes a file if it is the very one that was looked at, and unchanged. @returns whether it was. */
  removeSame(name: string, seen: TreeFileHead): Promise<boolean>
  /** Whether a regular file of this content has the name. */
  holds(name: string, sum: ContentSum): Promise<boolean>
  release(): void
}

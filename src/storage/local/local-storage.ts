import { BOOKKEEPING_FOLDER, STAGING_FOLDER } from '../../model/paths/path-inside.ts'
import { forEachConcurrently } from '../for-each-concurrently.ts'
import type { PublishingSession, StagedFiles, TargetStorage } from '../target-storage.ts'
import { GuardedTree } from './guarded-tree.ts'
import { FolderHolder } from './held-folders.ts'
import { LocalPublishing, type LocalPublishingParts } from './local-publishing.ts'
import { realFileSystem, syncFile, syncFolder, type PlacingFileSystem } from './placing-file-system.ts'
import { TargetPlacer } from './target-placer.ts'
import type { WholeSync } from './whole-sync.ts'

export interface LocalStorageOptions {
  /** Makes the calls that change something. Passed in so that tests can stop the world between any two of them. */
  readonly fileSystem?: PlacingFileSystem
  /** Syncs many files at once; null, the default: each by itself. */
  readonly wholeSync?: Pick<WholeSync, 'covers'> | null
}

/** A target tree in a folder of this machine, or in one that is mounted there. */
export class LocalStorage extends GuardedTree implements TargetStorage {
  readonly #fileSystem: PlacingFileSystem
  readonly #wholeSync: Pick<WholeSync, 'covers'> | null
  readonly #stagingArea: string
  readonly #publishing: LocalPublishingParts

  /** @param root absolute. */
  constructor(root: string, { fileSystem = realFileSystem, wholeSync = null }: LocalStorageOptions = {}) {
    super(root, fileSystem)
    this.#fileSystem = fileSystem
    this.#wholeSync = wholeSync
    this.#stagingArea = `${root}/${BOOKKEEPING_FOLDER}/${STAGING_FOLDER}/`
    this.#publishing = { folders: new FolderHolder(this, fileSystem), placer: new TargetPlacer(fileSystem), fileSystem }
  }

  beginPublishing(): PublishingSession {
    return new LocalPublishing(this.#publishing)
  }

  /** Many files that are staged in `.migrate`, and so on one file system, are synced at once where that is faster. */
  async syncStaged<File extends StagedFiles>(
    files: readonly File[],
    onFailed: (file: File, error: unknown) => void,
  ): Promise<void> {
    const inArea = files.filter((file) => this.#isInStagingArea(file))
    const areSynced = (await this.#wholeSync?.covers(inArea.length)) ?? false
    await forEachConcurrently(files, async (file) => {
      if (areSynced && this.#isInStagingArea(file)) return
      try {
        await syncFile(this.#fileSystem, file.stagedTarget)
        if (file.stagedRejects !== null) await syncFile(this.#fileSystem, file.stagedRejects)
      } catch (error) {
        onFailed(file, error)
      }
    })
  }

  async syncFolders(folders: ReadonlySet<string>, published?: readonly StagedFiles[]): Promise<Map<string, unknown>> {
    const failures = new Map<string, unknown>()
    // A rename does not leave its file system, so these folders lie where the staged files were.
    const lieTogether = published?.every((file) => this.#isInStagingArea(file)) ?? false
    if (lieTogether && (await this.#wholeSync?.covers(folders.size))) return failures
    await forEachConcurrently([...folders], async (folder) => {
      try {
        await syncFolder(this.#fileSystem, folder)
      } catch (error) {
        failures.set(folder, error)
      }
    })
    return failures
  }

  #isInStagingArea({ stagedTarget }: StagedFiles): boolean {
    return stagedTarget.startsWith(this.#stagingArea)
  }
}

import { BOOKKEEPING_FOLDER, STAGING_FOLDER } from '../../model/paths/path-inside.ts'
import { forEachConcurrently } from '../for-each-concurrently.ts'
import type { SharedOutputs, StagedOptions } from '../output-storage.ts'
import type { FreeSpace, PublishingSession, StagedFiles, StagingPlaces, TargetStorage } from '../target-storage.ts'
import { freeSpaceAt } from './free-space.ts'
import { GuardedTree } from './guarded-tree.ts'
import { FolderHolder } from './held-folders.ts'
import { identityAt } from './identities.ts'
import { LocalOutput } from './local-output.ts'
import { LocalPublishing, type LocalPublishingParts } from './local-publishing.ts'
import { LocalSharedOutputs } from './local-shared-outputs.ts'
import { realFileSystem, type PlacingFileSystem } from './placing-file-system.ts'
import { syncFile, syncFolder } from './sync.ts'
import { LocalStaging } from './local-staging.ts'
import { StagedLooks } from './staged-looks.ts'
import { TargetPlacer } from './target-placer.ts'
import { SyncShell, WholeSync, type SyncEverything } from './whole-sync.ts'

export interface LocalStorageOptions {
  /** Makes the calls that change something. Passed in so that tests can stop the world between any two of them. */
  readonly fileSystem?: PlacingFileSystem
  /** Syncs a whole file system; default: `sync -f`, where it can be trusted. */
  readonly syncEverything?: SyncEverything
}

/** A target tree in a folder of this machine, or in one that is mounted there. */
export class LocalStorage extends GuardedTree implements TargetStorage {
  readonly isSynchronous = true
  readonly shared: SharedOutputs
  readonly #looks = new StagedLooks(this)
  readonly #fileSystem: PlacingFileSystem
  readonly #syncShell: SyncShell
  readonly #wholeSync: WholeSync
  readonly #stagingArea: string
  readonly #publishing: LocalPublishingParts

  /** @param root absolute. */
  constructor(root: string, { fileSystem = realFileSystem, syncEverything }: LocalStorageOptions = {}) {
    super(root, fileSystem)
    this.shared = new LocalSharedOutputs(this.#looks)
    this.#fileSystem = fileSystem
    this.#stagingArea = `${root}/${BOOKKEEPING_FOLDER}/${STAGING_FOLDER}/`
    this.#syncShell = new SyncShell(this.#stagingArea)
    this.#wholeSync = new WholeSync(syncEverything ?? this.#syncShell.run)
    this.#publishing = { folders: new FolderHolder(this, fileSystem), placer: new TargetPlacer(fileSystem), fileSystem }
  }

  freeSpace(): FreeSpace | null {
    return freeSpaceAt(this.root)
  }

  identityOf(path: string): string | null {
    return identityAt(path)
  }

  beginTask(): void {
    this.#looks.beginTask()
  }

  createStaged(path: string, options: StagedOptions): LocalOutput {
    this.#looks.requireFolderOf(path)
    return LocalOutput.create(path, options)
  }

  stagingPlaces(area: string): StagingPlaces {
    return new LocalStaging(this, area)
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
    const areSynced = await this.#wholeSync.covers(inArea.length)
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
    if (lieTogether && (await this.#wholeSync.covers(folders.size))) return failures
    await forEachConcurrently([...folders], async (folder) => {
      try {
        await syncFolder(this.#fileSystem, folder)
      } catch (error) {
        failures.set(folder, error)
      }
    })
    return failures
  }

  close(): void {
    this.#syncShell.close()
  }

  #isInStagingArea({ stagedTarget }: StagedFiles): boolean {
    return stagedTarget.startsWith(this.#stagingArea)
  }
}

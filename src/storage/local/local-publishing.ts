import { closeSync, constants, createReadStream, fstatSync, lstatSync, openSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import type { Answer } from '../answer.ts'
import type { ContentSum, Expected, PublishingSession, TargetFolder } from '../target-storage.ts'
import type { TreeFileHead } from '../tree-files.ts'
import type { FolderHolder, HeldFolder } from './held-folders.ts'
import { HeldSources } from './held-sources.ts'
import { toHead } from './local-file.ts'
import type { PlacingFileSystem } from './placing-file-system.ts'
import type { TargetPlacer } from './target-placer.ts'

/** What a session shares with all others of its tree. */
export interface LocalPublishingParts {
  readonly folders: FolderHolder
  readonly placer: TargetPlacer
  readonly fileSystem: PlacingFileSystem
}

/**
 * Each target folder is held while files go into it, and each folder of staged files from its first file to the end of the session. So both are
 * looked at once, and nothing goes anywhere else, or comes from there, whatever takes their place.
 */
export class LocalPublishing implements PublishingSession {
  readonly #parts: LocalPublishingParts
  readonly #staged: HeldSources

  constructor(parts: LocalPublishingParts) {
    this.#parts = parts
    this.#staged = new HeldSources(parts.folders)
  }

  folder(path: string): TargetFolder | null {
    const held = this.#parts.folders.hold(path)
    return held === null ? null : this.#open(path, held)
  }

  async folderOrMake(
    path: string,
    modeOf: (folder: string) => Answer<number>,
    onMade: (changed: string) => void,
  ): Promise<TargetFolder> {
    return this.#open(path, await this.#parts.folders.holdOrMake(path, modeOf, onMade))
  }

  hasStaged(path: string): boolean {
    return lstatSync(this.#staged.pathOf(path), { throwIfNoEntry: false }) !== undefined
  }

  dropStaged(path: string): void {
    try {
      this.#parts.fileSystem.unlinkSync(this.#staged.pathOf(path))
    } catch {
      // It goes with all that is staged.
    }
  }

  end(): void {
    this.#staged.release()
  }

  #open(path: string, held: HeldFolder): LocalFolder {
    return new LocalFolder({ ...this.#parts, path, held, staged: this.#staged })
  }
}

interface LocalFolderParts extends LocalPublishingParts {
  readonly path: string
  readonly held: HeldFolder
  readonly staged: HeldSources
}

class LocalFolder implements TargetFolder {
  readonly #parts: LocalFolderParts

  constructor(parts: LocalFolderParts) {
    this.#parts = parts
  }

  publish(staged: string, name: string, { seen, orAnyFile }: Expected): Promise<void> | undefined {
    const { held, path, placer } = this.#parts
    return placer.place(this.#parts.staged.pathOf(staged), {
      path: `${held.path}/${name}`,
      shown: `${path}/${name}`,
      seen,
      orAnyFile,
    })
  }

  async replace(staged: string, name: string): Promise<void> {
    const { fileSystem, held } = this.#parts
    await fileSystem.rename(this.#parts.staged.pathOf(staged), `${held.path}/${name}`)
  }

  async remove(name: string): Promise<boolean> {
    const { fileSystem, held } = this.#parts
    try {
      await fileSystem.unlink(`${held.path}/${name}`)
      return true
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
      throw error
    }
  }

  async removeSame(name: string, seen: TreeFileHead): Promise<boolean> {
    const { fileSystem, held } = this.#parts
    const path = `${held.path}/${name}`
    const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false })
    if (stats === undefined) return false
    const now = toHead(stats)
    if (now.identity !== seen.identity || now.mtimeNs !== seen.mtimeNs) return false
    try {
      await fileSystem.unlink(path)
      return true
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
      throw error
    }
  }

  /** A link there is not followed, a FIFO not waited for. */
  async holds(name: string, { targetBytes, targetHash }: ContentSum): Promise<boolean> {
    const path = `${this.#parts.held.path}/${name}`
    let descriptor: number
    try {
      descriptor = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0))
    } catch {
      return false
    }
    try {
      const stat = fstatSync(descriptor)
      if (!stat.isFile() || stat.size !== targetBytes) return false
      let hash = 0
      for await (const chunk of createReadStream(path, { fd: descriptor, autoClose: false }))
        hash = crc32(chunk as Buffer, hash)
      return hash === targetHash
    } finally {
      closeSync(descriptor)
    }
  }

  release(): void {
    this.#parts.held.release()
  }
}

import { existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { freemem, tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { isSystemError, MigrationError } from '../errors/migration-error.ts'
import { printableName } from '../errors/printable-name.ts'

/** Where targets of measured runs go: folders of their own, which are gone at the end. */

/** Type of a tmpfs in statfs(2), from linux/magic.h. */
const TMPFS_MAGIC = 0x01021994
const SHARED_MEMORY = '/dev/shm'
/** A tmpfs takes memory, and the run needs some too: at most half of what is free. */
const MEMORY_SHARE = 0.5

export interface ScratchFolder {
  readonly path: string
  readonly isTmpfs: boolean
}

export class Scratch {
  readonly #folders: string[] = []

  /**
   * A folder in `out`, or beside it where it does not exist yet; without `out` in the system's folder for such things.
   * @throws MigrationError WRONG_USE where no folder can be made there.
   */
  open(out: string | null): ScratchFolder {
    const parent = out === null ? tmpdir() : existsSync(out) ? out : dirname(resolve(out))
    return this.#make(parent)
  }

  /** A folder in memory for targets of so many bytes, or null where there is no room. */
  openInMemory(targetBytes: number): ScratchFolder | null {
    try {
      const { bavail, bsize, type } = statfsSync(SHARED_MEMORY)
      const hasRoom = targetBytes <= bavail * bsize && targetBytes <= freemem() * MEMORY_SHARE
      return type === TMPFS_MAGIC && hasRoom ? this.#make(SHARED_MEMORY) : null
    } catch {
      return null
    }
  }

  /** Removes everything. Never throws: it runs when something else may have gone wrong. */
  remove(): void {
    for (const folder of this.#folders) rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  }

  #make(parent: string): ScratchFolder {
    try {
      const path = mkdtempSync(join(parent, `.drover-bench-${process.pid}-`))
      this.#folders.push(path)
      return { path, isTmpfs: statfsSync(path).type === TMPFS_MAGIC }
    } catch (error) {
      if (!isSystemError(error)) throw error
      throw new MigrationError('WRONG_USE', `no folder for targets can be made in ${printableName(parent)}`, {
        phase: 'options',
        hint: `${error.code ?? 'a system error'}: give --out a folder that exists and can be written`,
        cause: error,
      })
    }
  }
}

/** @throws MigrationError WRONG_USE where so many bytes have no room in the folder. */
export function requireRoom(folder: string, neededBytes: number): void {
  const { bavail, bsize, blocks } = statfsSync(folder)
  if (blocks === 0 || neededBytes <= bavail * bsize) return
  const [needed, free] = [neededBytes, bavail * bsize].map((bytes) => `${(bytes / 1e9).toFixed(1)} GB`)
  throw new MigrationError(
    'WRONG_USE',
    `the targets of a run need about ${needed}, but ${printableName(dirname(folder))} has ${free}`,
    { phase: 'options', hint: 'give --out a folder with more room, or measure a part of the sources (--include)' },
  )
}

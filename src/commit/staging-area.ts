import { hash } from 'node:crypto'
import { realpathSync, statSync } from 'node:fs'
import fs from 'node:fs/promises'
import { join, posix } from 'node:path'
import { bookkeepingPaths } from './bookkeeping-paths.ts'
import { makeFolder } from './commit-file-system.ts'
import { mountPointOf, readMountPoints } from './mount-points.ts'

export interface StagedPaths {
  /** Absolute if the target root is. The worker writes here. */
  readonly target: string
  /** Always inside `.migrate/staged`, where rejects can be renamed to their place from. */
  readonly rejects: string
  /** When the staged target lies outside of `.migrate`: its folder, relative to the target root. The manifest must then name it. */
  readonly stagedFolder: string | null
}

/** What staged files beside their targets begin with. `collectStaged` finds them by it, so it names the run. */
export function besideTargetPrefix(runId: string): string {
  return `.migrate-staged-${runId}-`
}

/**
 * Says where targets lie until they are committed: `.migrate/staged/<runId>/<node>/<hash>-<attempt>`, from where a rename makes them
 * visible at once. A rename cannot cross mounts, so a target on another mount than `.migrate` is staged beside it: in
 * its own folder, or in the nearest one above that is already there.
 */
export class StagingArea {
  /** `.migrate/staged/<runId>/<node>` */
  readonly folder: string
  readonly #targetRoot: string
  readonly #prefix: string
  readonly #mountPoints: readonly string[]
  readonly #ownMount: Mount | null
  readonly #stagedFolders = new Map<string, string | null>()

  private constructor(targetRoot: string, runId: string, node: string) {
    this.folder = join(bookkeepingPaths(targetRoot).staged, runId, node)
    this.#targetRoot = targetRoot
    this.#prefix = `${besideTargetPrefix(runId)}${node}-`
    this.#mountPoints = readMountPoints()
    this.#ownMount = this.#mountOf(this.folder)
  }

  /** Makes the folder of staged files. */
  static async open(options: { targetRoot: string; runId: string; node?: string }): Promise<StagingArea> {
    const node = options.node ?? 'local'
    await makeFolder(fs, join(bookkeepingPaths(options.targetRoot).staged, options.runId, node))
    return new StagingArea(options.targetRoot, options.runId, node)
  }

  /**
   * Where an attempt (from 1) at a target writes. The same for the same target and attempt, different for any others.
   * @param target relative to the target root, `/` between parts.
   * @throws errors of the system when the folders above the target cannot be looked at.
   */
  pathsFor(target: string, attempt: number): StagedPaths {
    const name = `${hash('sha256', target, 'hex').slice(0, 24)}-${attempt}`
    const rejects = `${this.folder}/${name}.rejects`
    const stagedFolder = this.stagedFolderOf(target)
    if (stagedFolder === null) return { target: `${this.folder}/${name}`, rejects, stagedFolder }
    return { target: join(this.#targetRoot, stagedFolder, `${this.#prefix}${name}`), rejects, stagedFolder }
  }

  /** `stagedFolder` of the paths for a target. */
  stagedFolderOf(target: string): string | null {
    const slash = target.lastIndexOf('/')
    return this.#stagedFolderFor(slash < 0 ? '.' : target.slice(0, slash))
  }

  /**
   * The folder that a target must be staged in because of its mount, relative to the target root; null: `.migrate/staged` will do.
   * A folder that is still to be made will lie where the folder above it lies.
   */
  #stagedFolderFor(folder: string): string | null {
    const known = this.#stagedFolders.get(folder)
    if (known !== undefined) return known
    const stagedFolder = this.#findStagedFolder(folder)
    this.#stagedFolders.set(folder, stagedFolder)
    return stagedFolder
  }

  #findStagedFolder(folder: string): string | null {
    const mount = this.#mountOf(join(this.#targetRoot, folder))
    if (mount === null) return folder === '.' ? null : this.#stagedFolderFor(posix.dirname(folder))
    return mount.device === this.#ownMount?.device && mount.point === this.#ownMount.point ? null : folder
  }

  /** The device alone would not do: a bind mount of the same file system has the same device, and a rename into it fails all the same. */
  #mountOf(folder: string): Mount | null {
    const stat = statSync(folder, { throwIfNoEntry: false })
    return stat === undefined
      ? null
      : { device: stat.dev, point: mountPointOf(realpathSync(folder), this.#mountPoints) }
  }
}

interface Mount {
  readonly device: number
  readonly point: string
}

import { mkdirSync, realpathSync, statSync } from 'node:fs'
import { join, posix } from 'node:path'
import { PRIVATE_FOLDER_MODE } from '../../model/paths/file-modes.ts'
import { BESIDE_TARGET_PREFIX } from '../../model/paths/path-inside.ts'
import type { GuardedTree } from '../../storage/local/guarded-tree.ts'
import type { ManifestClaim } from '../journal/manifest.ts'
import { bookkeepingPaths } from '../bookkeeping-paths.ts'
import { mountPointOf, readMountPoints } from '../../storage/local/mount-points.ts'

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
  return `${BESIDE_TARGET_PREFIX}${runId}-`
}

/** Names given out one after the other that share a folder: as many as the files of a task. */
const NAMES_PER_FOLDER = 128
/** Folders that take turns: enough that one is nearly empty again when its turn comes, few enough to be made and removed in no time. */
const FOLDER_COUNT = 16
/** Target folders whose mounts are looked up once. */
const REMEMBERED_FOLDERS = 10_000

/**
 * Says where targets lie until they are committed: `.migrate/staged/<runId>/<node>/<number>`, from where a rename makes them
 * visible at once. A rename cannot cross mounts, so a target on another mount than `.migrate` is staged beside it: in
 * its own folder, or in the nearest one above that is already there.
 *
 * Where there are many, they are spread over folders that take turns, `<node>/<folder>/<number>`: the system locks a folder for each
 * name that comes or goes, and threads that make files would wait for the renames of those made before (20,000 files of 2 KB,
 * ext4, 2 cores, 2026-11: 1.5 s of system time in one folder, 1.0 s in sixteen).
 */
export class StagingArea {
  /** `.migrate/staged/<runId>/<node>` */
  readonly folder: string
  /** False once a target was asked for that must be staged beside its place. */
  isInOnePlace = true
  readonly #targetRoot: string
  readonly #tree: GuardedTree
  readonly #prefix: string
  readonly #mountPoints: readonly string[]
  readonly #ownMount: Mount | null
  readonly #stagedFolders = new Map<string, string | null>()
  readonly #folders: string[]
  #names = 0

  private constructor(targetRoot: string, runId: string, node: string) {
    this.folder = join(bookkeepingPaths(targetRoot).staged, runId, node)
    this.#folders = [this.folder]
    this.#targetRoot = targetRoot
    this.#tree = bookkeepingPaths(targetRoot).tree
    this.#prefix = `${besideTargetPrefix(runId)}${node}-`
    this.#mountPoints = readMountPoints()
    this.#ownMount = this.#mountOf(this.folder)
  }

  /** Makes the folder of staged files. */
  static async open(options: { targetRoot: string; runId: string; node?: string }): Promise<StagingArea> {
    const node = options.node ?? 'local'
    const { tree, staged } = bookkeepingPaths(options.targetRoot)
    await tree.makeFolder(join(staged, options.runId, node))
    return new StagingArea(options.targetRoot, options.runId, node)
  }

  /**
   * Where one try at a target writes: a place of its own each time that it is asked for.
   * @param target relative to the target root, `/` between parts.
   * @throws errors of the system when the folders above the target cannot be looked at.
   */
  nextPaths(target: string): StagedPaths {
    const folder = this.#folderFor(this.#names)
    const name = String(this.#names++)
    const rejects = `${folder}/${name}.rejects`
    const stagedFolder = this.stagedFolderOf(target)
    if (stagedFolder === null) return { target: `${folder}/${name}`, rejects, stagedFolder }
    return { target: join(this.#targetRoot, stagedFolder, `${this.#prefix}${name}`), rejects, stagedFolder }
  }

  /** The first names need no folder but that of the area. Nor does anyone whose folder cannot be made: it is only for speed. */
  #folderFor(name: number): string {
    const turn = Math.floor(name / NAMES_PER_FOLDER) % FOLDER_COUNT
    return (this.#folders[turn] ??= this.#makeFolder(turn) ?? this.folder)
  }

  #makeFolder(turn: number): string | null {
    const folder = `${this.folder}/${turn}.folder`
    try {
      this.#tree.hasFolder(this.folder)
      mkdirSync(folder, PRIVATE_FOLDER_MODE)
      return folder
    } catch {
      return null
    }
  }

  /** What the manifest says of targets. @param indexes of those to come, in the order of the plan. */
  *claims(targets: { path(index: number): string }, indexes: Iterable<number>): Generator<ManifestClaim> {
    for (const index of indexes) {
      const target = targets.path(index)
      const stagedFolder = this.stagedFolderOf(target)
      yield stagedFolder === null ? { target } : { target, stagedFolder }
    }
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
    if (stagedFolder !== null) this.isInOnePlace = false
    if (this.#stagedFolders.size >= REMEMBERED_FOLDERS) this.#stagedFolders.clear()
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

import { realpathSync, statSync } from 'node:fs'
import { join, posix } from 'node:path'
import type { StagingPlaces } from '../target-storage.ts'
import type { GuardedTree } from './guarded-tree.ts'
import { mountPointOf, readMountPoints } from './mount-points.ts'

/** Names given out one after the other that share a folder: as many as the files of a task. */
const NAMES_PER_FOLDER = 128
/** Folders that take turns: enough that one is nearly empty again when its turn comes, few enough to be made and removed in no time. */
const FOLDER_COUNT = 16
/** Target folders whose mounts are looked up once. */
const REMEMBERED_FOLDERS = 10_000

/**
 * Where there are many staged files, they are spread over folders that take turns, `<area>/<folder>/<number>`: the system locks a folder for each
 * name that comes or goes, and threads that make files would wait for the renames of those made before (20,000 files of 2 KB,
 * ext4, 2 cores, 2026-11: 1.5 s of system time in one folder, 1.0 s in sixteen). And a rename cannot cross mounts, so a target on another
 * mount than the area is staged beside it.
 */
export class LocalStaging implements StagingPlaces {
  readonly #tree: GuardedTree
  readonly #area: string
  readonly #mountPoints: readonly string[]
  readonly #areaMount: Mount | null
  readonly #besides = new Map<string, string | null>()
  readonly #folders: string[]

  constructor(tree: GuardedTree, area: string) {
    this.#tree = tree
    this.#area = area
    this.#folders = [area]
    this.#mountPoints = readMountPoints()
    this.#areaMount = this.#mountOf(area)
  }

  /** The first names need no folder but the area. Nor does anyone whose folder cannot be made: it is only for speed. */
  folderOf(number: number): string {
    const turn = Math.floor(number / NAMES_PER_FOLDER) % FOLDER_COUNT
    return (this.#folders[turn] ??= this.#makeFolder(turn) ?? this.#area)
  }

  #makeFolder(turn: number): string | null {
    const folder = `${this.#area}/${turn}.folder`
    try {
      return this.#tree.makeOneFolder(folder) ? folder : null
    } catch {
      return null
    }
  }

  /** A folder that is still to be made will lie where the folder above it lies. */
  besideOf(targetFolder: string): string | null {
    const known = this.#besides.get(targetFolder)
    if (known !== undefined) return known
    const beside = this.#findBeside(targetFolder)
    if (this.#besides.size >= REMEMBERED_FOLDERS) this.#besides.clear()
    this.#besides.set(targetFolder, beside)
    return beside
  }

  #findBeside(folder: string): string | null {
    const mount = this.#mountOf(join(this.#tree.root, folder))
    if (mount === null) return folder === '.' ? null : this.besideOf(posix.dirname(folder))
    return mount.device === this.#areaMount?.device && mount.point === this.#areaMount.point ? null : folder
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

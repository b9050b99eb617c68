import { join } from 'node:path'
import { BESIDE_TARGET_PREFIX } from '../../model/paths/path-inside.ts'
import type { StagingPlaces } from '../../storage/target-storage.ts'
import { bookkeepingPaths } from '../bookkeeping-paths.ts'
import type { ManifestClaim } from '../journal/manifest.ts'

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

/**
 * Says where targets lie until they are committed: `.migrate/staged/<runId>/<node>/<number>`, from where a rename makes them
 * visible at once. Where the storage cannot do that for a target, it is staged beside its place: in its own folder, or in the nearest one
 * above that is already there.
 */
export class StagingArea {
  /** `.migrate/staged/<runId>/<node>` */
  readonly folder: string
  /** False once a target was asked for that must be staged beside its place. */
  isInOnePlace = true
  readonly #targetRoot: string
  readonly #prefix: string
  readonly #places: StagingPlaces
  #names = 0

  private constructor(targetRoot: string, prefix: string, folder: string) {
    this.folder = folder
    this.#targetRoot = targetRoot
    this.#prefix = prefix
    this.#places = bookkeepingPaths(targetRoot).tree.stagingPlaces(folder)
  }

  /** Makes the folder of staged files. */
  static async open(options: { targetRoot: string; runId: string; node?: string }): Promise<StagingArea> {
    const node = options.node ?? 'local'
    const { tree, staged } = bookkeepingPaths(options.targetRoot)
    const folder = join(staged, options.runId, node)
    await tree.makeFolder(folder)
    return new StagingArea(options.targetRoot, `${besideTargetPrefix(options.runId)}${node}-`, folder)
  }

  /**
   * Where one try at a target writes: a place of its own each time that it is asked for.
   * @param target relative to the target root, `/` between parts.
   * @throws errors of the system when the folders above the target cannot be looked at.
   */
  nextPaths(target: string): StagedPaths {
    const folder = this.#places.folderOf(this.#names)
    const name = String(this.#names++)
    const rejects = `${folder}/${name}.rejects`
    const stagedFolder = this.stagedFolderOf(target)
    if (stagedFolder === null) return { target: `${folder}/${name}`, rejects, stagedFolder }
    return { target: join(this.#targetRoot, stagedFolder, `${this.#prefix}${name}`), rejects, stagedFolder }
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
    const beside = this.#places.besideOf(slash < 0 ? '.' : target.slice(0, slash))
    if (beside !== null) this.isInOnePlace = false
    return beside
  }
}

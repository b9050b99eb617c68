import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { mountedAt, SEVERAL, type SourceTree } from '../model/journal-entry.ts'
import type { Orphan } from './resume-decision.ts'

/*
 * An orphan is a target whose source is gone. That is looked up in the source tree itself, whatever the filters of the run are, and only
 * in the tree that the target was made from: it may be another one than this run has.
 */

/** The source tree that proofs are about. */
export interface ProofTree {
  readonly key: string
  /** Null where the journal, of an older version, does not tell. */
  readonly source: SourceTree | null
}

/** A proved target that this plan does not make. */
export interface OrphanCandidate extends Orphan {
  readonly tree: ProofTree
}

/** What there is to know about the source tree of this run. */
export interface SourceHere {
  readonly tree: SourceTree
  /** Whether a source is on the list of this run. */
  readonly has: (source: string) => boolean
}

/** Tells whether source trees of earlier runs are the one of this run, and whether their sources are gone. */
export class OrphanFinder {
  readonly #here: SourceHere
  readonly #targetRoot: string
  /** Trees that have a source which is there in this run's. */
  readonly #seen = new Set<string>()
  readonly #ways = new Map<string, boolean>()

  /** @param trees all trees of proofs, and whether one of their sources is on the list of this run. */
  constructor(
    here: SourceHere,
    targetRoot: string,
    trees: Iterable<{ readonly tree: ProofTree; readonly hasSourceHere: boolean }>,
  ) {
    this.#here = here
    this.#targetRoot = targetRoot
    for (const { tree, hasSourceHere } of trees) if (hasSourceHere) this.#seen.add(tree.key)
  }

  /** Targets that are still as large as they were made, and whose sources are gone; in the order of their names. */
  find(candidates: Iterable<OrphanCandidate>): Orphan[] {
    const all = [...candidates]
    this.#lookForSources(all)
    const orphans: Orphan[] = []
    for (const { target, source, sizeBytes, hash, tree } of all) {
      // Never through a link: what is there may be somebody else's.
      if (this.#leadsThroughLink(this.#targetRoot, folderOf(target))) continue
      const stats = lookAt(join(this.#targetRoot, target))
      if (stats === 'unknown' || stats === 'gone' || !stats.isFile() || stats.size !== sizeBytes) continue
      if (this.isHere(tree) && this.#makesNoTarget(source, tree)) orphans.push({ target, source, sizeBytes, hash })
    }
    return orphans.sort((left, right) => (left.target < right.target ? -1 : 1))
  }

  /**
   * Whether proofs are about the source tree of this run. It is so where the root is the same folder, by inode and time of birth, whatever its
   * path is by now; and where the root has the same path, or is not known, if one of the sources that they name is there. Another path
   * and another folder is another tree, even where files of the same names are in it: its targets are not this run's to remove.
   */
  isHere(tree: ProofTree): boolean {
    const { source } = tree
    if (source === null) return this.#seen.has(tree.key)
    const isSameFolder = source.identity !== null && source.identity === this.#here.tree.identity
    return isSameFolder || (source.root === this.#here.tree.root && this.#seen.has(tree.key))
  }

  /** Sources that are on no list are looked for one by one, until one of each tree is there. */
  #lookForSources(candidates: readonly OrphanCandidate[]): void {
    for (const { source, tree } of candidates) {
      if (this.#seen.has(tree.key)) continue
      const stats = lookAt(join(this.#here.tree.root, source))
      if (stats !== 'unknown' && stats !== 'gone') this.#seen.add(tree.key)
    }
  }

  /** True where the source is gone, or makes another target by now, as after `--to`. */
  #makesNoTarget(source: string, tree: ProofTree): boolean {
    return this.#here.has(source) || this.#isGone(source, tree)
  }

  #isGone(source: string, { source: tree }: ProofTree): boolean {
    if (
      (tree !== null && this.#isBelowOtherMount(source, tree)) ||
      lookAt(join(this.#here.tree.root, source)) !== 'gone'
    )
      return false
    // What a link leads to may be away for a while, as a disk that is not mounted.
    return !this.#leadsThroughLink(this.#here.tree.root, folderOf(source))
  }

  /** Whether something else is mounted on the way to a source than when it was converted: it may be below, or behind, what is there now. */
  #isBelowOtherMount(source: string, before: SourceTree): boolean {
    const here = this.#here.tree
    return [...here.mounts, ...before.mounts].some((mount) => {
      if (!isBelow(source, mount)) return false
      const [now, then] = [mountedAt(here, mount), mountedAt(before, mount)]
      // Whether the root is the same is asked of the root itself.
      if (mount === '') return now === undefined
      return (
        now === undefined ||
        then === undefined ||
        now === SEVERAL ||
        then === SEVERAL ||
        (now !== null && then !== null && now !== then)
      )
    })
  }

  #leadsThroughLink(root: string, folder: string): boolean {
    if (folder === '') return false
    const path = join(root, folder)
    const known = this.#ways.get(path)
    if (known !== undefined) return known
    const stats = lookAt(path)
    const isLink = stats !== 'gone' && (stats === 'unknown' || stats.isSymbolicLink())
    const leads = isLink || this.#leadsThroughLink(root, folderOf(folder))
    this.#ways.set(path, leads)
    return leads
  }
}

/** Only these two errors say that something is not there. */
const GONE = new Set(['ENOENT', 'ENOTDIR'])

function lookAt(path: string) {
  try {
    return lstatSync(path)
  } catch (error) {
    return GONE.has((error as NodeJS.ErrnoException).code ?? '') ? ('gone' as const) : ('unknown' as const)
  }
}

function isBelow(path: string, folder: string): boolean {
  return folder === '' || path === folder || path.startsWith(`${folder}/`)
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}

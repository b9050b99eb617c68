import { join } from 'node:path'
import { mountedAt, SEVERAL, type SourceTree } from '../model/journal-entry.ts'
import { andThen, isPromise, recovering, type Answer } from '../storage/answer.ts'
import type { SourceStorage } from '../storage/source-storage.ts'
import { sourcesAt } from '../storage/storages.ts'
import type { EntryKind, TreeEntry, TreeFiles } from '../storage/tree-files.ts'
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
  readonly #tree: TreeFiles
  readonly #sources: SourceStorage
  /** Trees that have a source which is there in this run's. */
  readonly #seen = new Set<string>()
  readonly #targetWays: Ways
  readonly #sourceWays: Ways

  /**
   * @param tree the target tree. @param trees all trees of proofs, and whether one of their sources is on the list of this run.
   * @param sources where the sources lie; default: what the path of their root tells.
   */
  constructor(
    here: SourceHere,
    tree: TreeFiles,
    trees: Iterable<{ readonly tree: ProofTree; readonly hasSourceHere: boolean }>,
    sources = sourcesAt(here.tree.root),
  ) {
    this.#here = here
    this.#tree = tree
    this.#sources = sources
    this.#targetWays = new Ways((folder) => andThen(this.#lookAtTarget(folder), kindOf))
    this.#sourceWays = new Ways((folder) => this.#lookAtSource(folder))
    for (const { tree: ofProof, hasSourceHere } of trees) if (hasSourceHere) this.#seen.add(ofProof.key)
  }

  /** Targets that are still as large as they were made, and whose sources are gone; in the order of their names. */
  async find(candidates: Iterable<OrphanCandidate>): Promise<Orphan[]> {
    const all = [...candidates]
    await this.#lookForSources(all)
    const orphans: Orphan[] = []
    for (const candidate of all) {
      const answer = this.#isOrphan(candidate)
      if (!(isPromise(answer) ? await answer : answer)) continue
      const { target, source, sizeBytes, hash } = candidate
      orphans.push({ target, source, sizeBytes, hash })
    }
    return orphans.sort((left, right) => (left.target < right.target ? -1 : 1))
  }

  #isOrphan({ target, source, sizeBytes, tree }: OrphanCandidate): Answer<boolean> {
    // Never through a link: what is there may be somebody else's.
    return andThen(this.#targetWays.leadThroughLink(folderOf(target)), (isBehindLink) => {
      if (isBehindLink) return false
      return andThen(this.#lookAtTarget(target), (found) => {
        if (found === 'unknown' || found?.kind !== 'file' || found.sizeBytes !== sizeBytes) return false
        return this.isHere(tree) && this.#makesNoTarget(source, tree)
      })
    })
  }

  #lookAtTarget(path: string): Answer<TreeEntry | null | 'unknown'> {
    return orUnknown(() => this.#tree.look(join(this.#tree.root, path)))
  }

  #lookAtSource(path: string): Answer<EntryKind | null | 'unknown'> {
    return orUnknown(() => this.#sources.kindOf(join(this.#here.tree.root, path)))
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
  async #lookForSources(candidates: readonly OrphanCandidate[]): Promise<void> {
    for (const { source, tree } of candidates) {
      if (this.#seen.has(tree.key)) continue
      const answer = this.#lookAtSource(source)
      const kind = isPromise(answer) ? await answer : answer
      if (kind !== 'unknown' && kind !== null) this.#seen.add(tree.key)
    }
  }

  /** True where the source is gone, or makes another target by now, as after `--to`. */
  #makesNoTarget(source: string, tree: ProofTree): Answer<boolean> {
    return this.#here.has(source) || this.#isGone(source, tree)
  }

  #isGone(source: string, { source: tree }: ProofTree): Answer<boolean> {
    if (tree !== null && this.#isBelowOtherMount(source, tree)) return false
    return andThen(this.#lookAtSource(source), (kind) => {
      if (kind !== null) return false
      // What a link leads to may be away for a while, as a disk that is not mounted.
      return andThen(this.#sourceWays.leadThroughLink(folderOf(source)), (isBehindLink) => !isBehindLink)
    })
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
}

/** The folders of a tree, each looked at once. */
class Ways {
  readonly #look: (folder: string) => Answer<EntryKind | null | 'unknown'>
  readonly #known = new Map<string, boolean>()

  /** @param look at a path relative to the root: null only where nothing is there. */
  constructor(look: (folder: string) => Answer<EntryKind | null | 'unknown'>) {
    this.#look = look
  }

  /** Whether a link is on the way to what lies in a folder, or may be. @param folder relative to the root, which is ''. */
  leadThroughLink(folder: string): Answer<boolean> {
    if (folder === '') return false
    const known = this.#known.get(folder)
    if (known !== undefined) return known
    return andThen(this.#look(folder), (kind) => {
      const leads = kind === 'unknown' || kind === 'link' || this.leadThroughLink(folderOf(folder))
      return andThen(leads, (isKnown) => {
        this.#known.set(folder, isKnown)
        return isKnown
      })
    })
  }
}

/** What cannot be looked at may be anything. */
function orUnknown<Found>(look: () => Answer<Found>): Answer<Found | 'unknown'> {
  return recovering<Found | 'unknown'>(look, () => 'unknown')
}

function kindOf(found: TreeEntry | null | 'unknown'): EntryKind | null | 'unknown' {
  return found === null || found === 'unknown' ? found : found.kind
}

function isBelow(path: string, folder: string): boolean {
  return folder === '' || path === folder || path.startsWith(`${folder}/`)
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}

import { basename } from 'node:path'
import type { SourceTree } from '../../model/journal-entry.ts'
import type { TargetStorage } from '../../storage/target-storage.ts'
import type { TreeFiles } from '../../storage/tree-files.ts'
import { bookkeepingPaths } from '../bookkeeping-paths.ts'
import { formatCheckedLine } from './checked-line.ts'
import { CompleteJournal, JOURNAL_ASIDE } from './complete-journal.ts'
import { removeAside } from './remove-aside.ts'
import type { AssertOwned } from '../lock/lock.ts'
import { COMPACTED_EXTENSION, readJournals, type ProofTree } from './journal-reader.ts'
import { makeRunId, runNumberOf } from '../run-id.ts'

/*
 * Each run leaves a journal, and a proof that a later one has replaced stays where it is. So after many runs a run would read mostly
 * what does not count any more. A compacted journal holds the last proof of each target, each with the run that proved it, since claims are
 * compared with runs:
 *   1. write it aside, and sync it
 *   2. rename it, and sync the folder: it proves what all others do, and no more
 *   3. remove the others
 * A kill leaves the old ones, or both, which prove the same. Its run number is the highest of them, so numbers never go back.
 */

/** Journals that are always left: a file more costs a run 0.2 ms. */
const FEW_JOURNALS = 12
/** One more for each of these proofs: writing many anew is worth while only after many runs. */
const PROOFS_A_JOURNAL = 1000
/** Lines that do not count any more, beyond as many as do. */
const FEW_LINES = 8

/** Whether a compaction is worth its while. @param targets that have a proof. */
export function isCompactionDue(journals: number, entries: number, targets: number): boolean {
  return journals > FEW_JOURNALS + targets / PROOFS_A_JOURNAL || entries > 2 * targets + FEW_LINES
}

export interface CompactOptions {
  readonly targetRoot: string
  readonly isDurable: boolean
  /** Throws where the target tree is not ours any more. */
  readonly assertOwned: AssertOwned
  /** Numbers of targets that are known already: the paths of others are kept in memory meanwhile. */
  readonly targets?: TargetNumbers
  /** The source tree of proofs that do not tell, or null where it is not known; default: what they tell. */
  readonly treeOf?: (tree: ProofTree) => SourceTree | null
  /** Default: the one that the root lies in. */
  readonly storage?: TargetStorage
}

interface TargetNumbers {
  readonly length: number
  /** The number of a target; -1: it has none. */
  find(target: string): number
}

/**
 * Puts all journals of a target tree into one, which proves the same. Call it under the lock, while nobody else is at work.
 * Damaged lines go: whoever calls it has made sure that nothing depends on what they said. Where a journal has no end, nothing is done.
 */
export async function compactJournals(options: CompactOptions): Promise<void> {
  const { targetRoot, isDurable, assertOwned } = options
  const paths = bookkeepingPaths(targetRoot, options.storage)
  await assertOwned()
  await removeAside(paths.tree, paths.journal, JOURNAL_ASIDE, assertOwned)
  const lastProofs = new LastProofs(options.targets ?? NO_TARGETS)
  const trees = new TreeNumbers(options.treeOf ?? ((tree) => tree.source))
  const { journals, unsealed } = await readJournals(targetRoot, ({ target }, runId, tree) => {
    lastProofs.take(target, runNumberOf(runId))
    trees.add(tree)
  })
  // This process was held up, and whoever took the tree over meanwhile is still writing: what it adds would go with its journal.
  if (unsealed.length > 0) return
  if (lastProofs.count > 0) {
    const highest = Math.max(1, ...journals.map((path) => runNumberOf(basename(path))))
    const name = `${makeRunId(highest)}${COMPACTED_EXTENSION}`
    const journal = await CompleteJournal.open({ ...options, name, sourceTrees: trees.sources })
    try {
      await copyLastProofs(targetRoot, journal, lastProofs, trees)
      await journal.finish(assertOwned)
    } catch (error) {
      await journal.discard()
      throw error
    }
  }
  await removeAll(paths.tree, journals)
  if (isDurable && journals.length > 0) await paths.tree.syncFolder(paths.journal)
}

/** One that cannot be removed (an attribute, a mount) keeps no other: else each later run would leave one more. */
async function removeAll(tree: TreeFiles, paths: readonly string[]): Promise<void> {
  let fault: unknown = null
  for (const path of paths) {
    try {
      await tree.removeFile(path)
    } catch (error) {
      fault ??= error
    }
  }
  if (fault !== null) throw fault
}

/** Reads the same again, since nobody else writes. */
async function copyLastProofs(
  targetRoot: string,
  journal: CompleteJournal,
  lastProofs: LastProofs,
  trees: TreeNumbers,
): Promise<void> {
  let place = 0
  let copied = 0
  await readJournals(targetRoot, (entry, run, tree) => {
    if (lastProofs.placeOf(entry.target) !== place++) return undefined
    copied++
    return journal.add(formatCheckedLine('commit', { ...entry, run, tree: trees.numberOf(tree) }))
  })
  if (copied !== lastProofs.count) throw new Error('the journals changed while they were compacted')
}

const NO_TARGETS: TargetNumbers = { length: 0, find: () => -1 }

/** Where the last proof of each target comes among all that are read. */
class LastProofs {
  count = 0
  #nextPlace = 0
  readonly #targets: TargetNumbers
  /** Places plus one; 0: there is none. */
  readonly #places: Float64Array
  readonly #runs: Float64Array
  readonly #others = new Map<string, { place: number; run: number }>()

  constructor(targets: TargetNumbers) {
    this.#targets = targets
    this.#places = new Float64Array(targets.length)
    this.#runs = new Float64Array(targets.length)
  }

  take(target: string, run: number): void {
    const place = this.#nextPlace++
    const index = this.#targets.find(target)
    const known = index < 0 ? this.#others.get(target)?.run : this.#knownRun(index)
    if (known === undefined) this.count++
    else if (known > run) return
    if (index < 0) this.#others.set(target, { place, run })
    else {
      this.#places[index] = place + 1
      this.#runs[index] = run
    }
  }

  #knownRun(index: number): number | undefined {
    return this.#places[index] === 0 ? undefined : this.#runs[index]
  }

  placeOf(target: string): number {
    const index = this.#targets.find(target)
    return index < 0 ? (this.#others.get(target)?.place ?? -1) : (this.#places[index] ?? 0) - 1
  }
}

/** Numbers source trees for the header. Trees that are not known stay apart, as the journals that they came from. */
class TreeNumbers {
  readonly sources: (SourceTree | null)[] = []
  readonly #numbers = new Map<string, number>()
  readonly #treeOf: (tree: ProofTree) => SourceTree | null

  constructor(treeOf: (tree: ProofTree) => SourceTree | null) {
    this.#treeOf = treeOf
  }

  add(tree: ProofTree): void {
    if (this.#numbers.has(tree.key)) return
    this.#numbers.set(tree.key, this.sources.length)
    this.sources.push(this.#treeOf(tree))
  }

  numberOf(tree: ProofTree): number {
    return this.#numbers.get(tree.key) ?? 0
  }
}

import { join } from 'node:path'
import type { JournalEntry, SourceTree } from '../../model/journal-entry.ts'
import { bookkeepingPaths, type BookkeepingPaths } from '../bookkeeping-paths.ts'
import type { Damage } from './damage.ts'
import { JournalScan } from './journal-scan.ts'
import type { JournalLine } from './journal-lines.ts'
import { readLines } from './read-lines.ts'
import { compareRuns, runIdOf, runNumberOf } from '../run-id.ts'

/** The source tree that proofs are about. Proofs of one tree share one of these; where the tree is not known, those of one journal do. */
export interface ProofTree {
  /** The same whenever the journals are read. */
  readonly key: string
  readonly source: SourceTree | null
}

/** A journal that its run did not bring to its end: it was killed, or is at work. */
export interface UnsealedJournal {
  readonly path: string
  /** Where its last valid line ends. */
  readonly validBytes: number
  readonly entryCount: number
  /** False for journals of older versions, which have neither header nor end. */
  readonly hasHeader: boolean
}

export interface JournalSummary {
  /** Paths of all journals. */
  readonly journals: readonly string[]
  readonly entryCount: number
  readonly damage: readonly Damage[]
  readonly unsealed: readonly UnsealedJournal[]
}

/** Told of each commit that a journal proves. What it returns is waited for, if it is a promise. */
export type OnEntry = (entry: JournalEntry, runId: string, tree: ProofTree) => unknown

/** Compacted journals have another extension: an older version, which would take them for proofs of one run, passes them over. */
export const COMPACTED_EXTENSION = '.compacted'

/**
 * Reads every commit that the journals of a target tree prove. Only one line is in memory at a time. Each line stands for itself: a damaged
 * one does not hide those after it. Mostly in the order of the runs, but where journals are compacted meanwhile a commit may come twice,
 * and late: the one of the highest run counts.
 * @throws MigrationError BOOKKEEPING_UNSAFE.
 */
export async function readJournals(targetRoot: string, onEntry: OnEntry): Promise<JournalSummary> {
  const paths = bookkeepingPaths(targetRoot)
  const trees = new ProofTrees()
  const journals = new Set<string>()
  const damage: Damage[] = []
  const unsealed: UnsealedJournal[] = []
  let entryCount = 0
  for (let isSettled = false; !isSettled;) {
    isSettled = true
    for (const name of await listJournals(paths)) {
      const path = join(paths.journal, name)
      if (journals.has(path)) continue
      const scan = await scanJournal(paths, name, trees, onEntry)
      // Gone since it was listed: what it proved stands in a compacted one by now. A shard removes one that proves nothing.
      if (scan === null) isSettled = false
      else {
        journals.add(path)
        entryCount += scan.entryCount
        if (scan.damage !== null) damage.push({ ...scan.damage, path, runNumber: runNumberOf(name) })
        if (!scan.isSealed) unsealed.push({ ...scan.state, path })
      }
    }
  }
  return { journals: [...journals], entryCount, damage, unsealed }
}

/** Tells for each commit that the journals prove its target and its run. */
export async function readProofs(
  targetRoot: string,
  onProof: (target: string, runId: string) => void,
): Promise<JournalSummary> {
  return readJournals(targetRoot, (entry, runId) => onProof(entry.target, runId))
}

async function listJournals(paths: BookkeepingPaths): Promise<string[]> {
  const names = await paths.tree.list(paths.journal)
  return names.filter(isJournal).sort(compareRuns)
}

function isJournal(name: string): boolean {
  return runIdOf(name) !== null && (name.endsWith('.ndjson') || name.endsWith(COMPACTED_EXTENSION))
}

interface Scanned {
  readonly entryCount: number
  readonly isSealed: boolean
  readonly damage: Pick<Damage, 'offsetBytes' | 'lineCount'> | null
  readonly state: Omit<UnsealedJournal, 'path'>
}

async function scanJournal(
  paths: BookkeepingPaths,
  name: string,
  trees: ProofTrees,
  onEntry: OnEntry,
): Promise<Scanned | null> {
  const path = join(paths.journal, name)
  const runId = runIdOf(name) ?? name
  const isCompacted = name.endsWith(COMPACTED_EXTENSION)
  for (let hasLookedAgain = false; ; hasLookedAgain = true) {
    const scan = await readJournal(paths, path, trees.namesOf(name), (line, tree) =>
      onEntry(line.entry, line.run ?? runId, tree),
    )
    if (scan === null) return null
    const { entryCount, isSealed, state, damage } = scan
    const mayBeAtWork =
      !isSealed && !isCompacted && (await paths.tree.look(join(paths.manifests, `${runId}.ndjson`))) !== null
    // Lines that were read while a shard wrote them look damaged: a second look sees them whole.
    if (damage !== null && (hasLookedAgain || !mayBeAtWork)) return { entryCount, isSealed, state, damage }
    if (damage === null && (isSealed || mayBeAtWork)) return { entryCount, isSealed, state, damage: null }
    // A shard claims before it opens its journal, and drops its claims when that is whole: so does this one.
    if (hasLookedAgain) return { entryCount, isSealed, state, damage: { offsetBytes: state.validBytes, lineCount: 0 } }
  }
}

type CommitLine = Extract<JournalLine, { kind: 'commit' }>

async function readJournal(
  { tree }: BookkeepingPaths,
  path: string,
  treesOf: (header: readonly (SourceTree | null)[]) => readonly ProofTree[],
  onCommit: (line: CommitLine, tree: ProofTree) => unknown,
): Promise<JournalScan | null> {
  const handle = await tree.openIfThere(path, 'r')
  if (handle === null) return null
  try {
    const scan = new JournalScan()
    let trees = treesOf([null])
    const unknown = trees[0] ?? { key: path, source: null }
    await readLines(handle, (line, endOffsetBytes, isTerminated) => {
      const read = scan.take(line, endOffsetBytes, isTerminated)
      if (read?.kind === 'header') trees = treesOf(read.header.sourceTrees)
      return read?.kind === 'commit' ? onCommit(read, trees[read.tree] ?? unknown) : undefined
    })
    return scan
  } finally {
    await handle.close()
  }
}

/** One object for each source tree, whichever journals name it. */
class ProofTrees {
  readonly #known = new Map<string, ProofTree>()

  /** What a journal of this name calls its source trees. */
  namesOf(journal: string): (sources: readonly (SourceTree | null)[]) => readonly ProofTree[] {
    return (sources) =>
      sources.map((source, at) => {
        const key = source === null ? `${journal} ${at}` : JSON.stringify(source)
        const tree = this.#known.get(key) ?? { key, source }
        this.#known.set(key, tree)
        return tree
      })
  }
}

import { setImmediate as nextTurn } from 'node:timers/promises'
import type { WireError } from '../errors/migration-error.ts'
import { MigrationError, fromWireError, toWireError } from '../errors/migration-error.ts'
import { printableName } from '../errors/printable-name.ts'
import type { FormatName } from '../model/format-name.ts'
import type { ResolvedOptions } from '../options/options.ts'
import type { SourceFormat } from '../model/source-list.ts'
import { SourceList } from '../model/source-list.ts'
import type { FileHead, SourceStorage } from '../storage/source-storage.ts'
import { sourcesAt } from '../storage/storages.ts'
import { parseFilterRules } from './filter-rules.ts'
import type { Decision, FilterRules } from './filter-rules.ts'
import { listedFiles } from './listed-files.ts'
import { resolveSource } from './resolve-source.ts'
import type { Source } from './resolve-source.ts'
import { sizeAndAgeRule } from './size-and-age.ts'
import type { SizeAndAgeRule } from './size-and-age.ts'
import { walk } from './walk.ts'
import type { Walk, WalkEntry } from './walk.ts'

/** The first stage of a run: the frozen list of source files, and an account of everything that is not on it. */

export type DiscoverOptions = Pick<
  ResolvedOptions,
  | 'in'
  | 'from'
  | 'include'
  | 'exclude'
  | 'filter'
  | 'filterFrom'
  | 'filesFrom'
  | 'filesFrom0'
  | 'minSize'
  | 'maxSize'
  | 'minAge'
  | 'maxAge'
  | 'maxDepth'
  | 'links'
  | 'others'
> & {
  /** The format that a file's name says it has, or null. */
  readonly formatOf: (name: string) => FormatName | null
  /** The moment that ages count back from; now, if not given. */
  readonly nowMs?: number
}

export interface DiscoverHooks {
  /** Where sources are looked for; default: what `--in` tells. */
  readonly sources?: SourceStorage
  readonly signal?: AbortSignal
  /** Tells for every path which rule took or left it. A path that ends in `/` is a folder that was not entered. */
  readonly onDecision?: (path: string, isTaken: boolean, rule: string) => void
}

export interface Skipped {
  readonly count: number
  /** The first five paths. */
  readonly examples: readonly string[]
}

export interface Discovery {
  /** Absolute real path of the source tree; of a single file: its folder. */
  readonly root: string
  readonly isSingleFile: boolean
  /**
   * Levels of folders below the root that a source can ever lie in: Infinity but for a pattern like `*.csv`, which leaves deeper
   * folders free for targets.
   */
  readonly depth: number
  readonly files: SourceList
  /** What should have been on the list and is not: each counts as a failed file. */
  readonly failed: readonly WireError[]
  readonly skipped: { readonly unknownFormat: Skipped; readonly links: Skipped; readonly special: Skipped }
  /** Paths that the user's rules left out; a folder that was not entered counts once. */
  readonly filteredOut: number
}

/** Entries between two looks at the signal: about 20 ms of work. */
const ENTRIES_A_TURN = 4096

/**
 * Lists the source files of a run, always in the same order.
 * @throws MigrationError NO_SUCH_SOURCE, WRONG_USE for malformed rules and lists, UNKNOWN_FORMAT for a single file of unknown
 *   format, the errno's name where the source itself cannot be listed, STOPPED when the signal fires.
 */
export async function discoverSources(options: DiscoverOptions, hooks: DiscoverHooks = {}): Promise<Discovery> {
  const storage = hooks.sources ?? sourcesAt(options.in)
  const source = await resolveSource(storage, options.in)
  const collector = new Collector(options, hooks)
  if (source.kind === 'file') {
    collector.takeSingle(source.name, source.head)
  } else {
    await collectTree(await openTree(storage, source, options), options, collector, hooks.signal)
  }
  return {
    root: source.root,
    isSingleFile: source.kind === 'file',
    depth: source.kind === 'pattern' ? source.depth : Number.POSITIVE_INFINITY,
    files: collector.files,
    failed: collector.failed,
    skipped: collector.skipped,
    filteredOut: collector.filteredOut,
  }
}

type TreeSource = Exclude<Source, { kind: 'file' }>

/** What a tree gives, before the rules for its files. */
interface OpenTree {
  readonly root: string
  readonly entries: Walk
  /** Null: files that are listed by name, which no filter applies to. */
  readonly rules: TreeRules | null
  /** Null: there is no pattern. */
  readonly matches: ((path: string) => boolean) | null
}

async function openTree(storage: SourceStorage, source: TreeSource, options: DiscoverOptions): Promise<OpenTree> {
  const { root } = source
  if (options.filesFrom.length + options.filesFrom0.length > 0)
    return { root, entries: await listedFiles(storage, root, options), rules: null, matches: null }
  const rules = await treeRules(options)
  const matches = source.kind === 'pattern' ? source.matches : null
  return { root, entries: walkSource(storage, source, options, rules), rules, matches }
}

async function collectTree(
  { root, entries, rules, matches }: OpenTree,
  options: DiscoverOptions,
  collector: Collector,
  signal: AbortSignal | undefined,
): Promise<void> {
  let count = 0
  let matchCount = 0
  try {
    for (const entry of entries) {
      if (entry instanceof Promise) {
        await entry
        continue
      }
      if (++count % ENTRIES_A_TURN === 0) await nextTurn()
      if (signal?.aborted)
        throw new MigrationError('STOPPED', 'stopped while the sources were listed', { phase: 'discover' })
      if (matches !== null && !isFolder(entry) && !matches(pathOf(entry))) continue
      if (entry.kind === 'left-out' && entry.rule === BEYOND_PATTERN) continue
      if (entry.kind !== 'bookkeeping') matchCount += 1
      collector.collect(entry, rules)
    }
  } catch (thrown) {
    throw fromWireError(toWireError(thrown, { phase: 'discover', file: root }))
  }
  if (matches !== null && matchCount === 0) {
    throw new MigrationError('NO_SUCH_SOURCE', `no file matches the pattern ${printableName(options.in)}`, {
      phase: 'discover',
      hint: `it was looked for in ${printableName(root)}`,
    })
  }
}

interface TreeRules {
  readonly paths: FilterRules
  readonly sizeAndAge: SizeAndAgeRule
}

async function treeRules(options: DiscoverOptions): Promise<TreeRules> {
  return { paths: await parseFilterRules(options), sizeAndAge: sizeAndAgeRule(options, options.nowMs ?? Date.now()) }
}

const BEYOND_PATTERN = 'the pattern does not reach it'

function walkSource(storage: SourceStorage, source: TreeSource, options: DiscoverOptions, rules: TreeRules): Walk {
  const patternDepth = source.kind === 'pattern' ? source.depth : Number.POSITIVE_INFINITY
  return walk(storage, source.root, {
    maxDepth: options.maxDepth ?? Number.POSITIVE_INFINITY,
    followLinks: options.links,
    ruleAgainstFolder: (path) =>
      path.split('/').length >= patternDepth ? BEYOND_PATTERN : rules.paths.ruleAgainstFolder(path),
  })
}

function pathOf(entry: WalkEntry): string {
  if (entry.kind !== 'file') return entry.path
  return entry.folder === '' ? entry.name : `${entry.folder}/${entry.name}`
}

type FileEntry = Extract<WalkEntry, { kind: 'file' }>

/** True for what stands for a whole folder. */
function isFolder(entry: WalkEntry): boolean {
  return entry.kind === 'left-out' || entry.kind === 'bookkeeping' || (entry.kind === 'failed' && entry.isFolder)
}

const TAKEN_UNASKED: Decision = { isTaken: true, rule: 'listed' }

/** Takes entries one at a time and keeps the account. */
class Collector {
  readonly files = new SourceList()
  readonly failed: WireError[] = []
  readonly skipped = { unknownFormat: emptyTally(), links: emptyTally(), special: emptyTally() }
  filteredOut = 0
  #folderNumber = -1
  #folderPath: string | null = null
  readonly #options: DiscoverOptions
  readonly #hooks: DiscoverHooks

  constructor(options: DiscoverOptions, hooks: DiscoverHooks) {
    this.#options = options
    this.#hooks = hooks
  }

  /** @param rules null: files that were listed by name, which no filter applies to. */
  collect(entry: WalkEntry, rules: TreeRules | null): void {
    const path = pathOf(entry)
    if (entry.kind === 'left-out') return this.#leaveOut(`${path}/`, entry.rule)
    if (entry.kind === 'bookkeeping') return this.#tell(`${path}/`, false, 'bookkeeping of a target tree')
    // A folder that cannot be listed may hold anything: rules for files say nothing about it.
    const decision = isFolder(entry) || rules === null ? TAKEN_UNASKED : rules.paths.decide(path)
    if (!decision.isTaken) this.#leaveOut(path, decision.rule)
    else if (entry.kind === 'failed') this.#fail(path, entry.error)
    else if (entry.kind === 'link') this.#skip(this.skipped.links, path, 'a link')
    else if (entry.kind === 'special') this.#skip(this.skipped.special, path, 'no regular file')
    else this.#collectFile(entry, path, decision.rule, rules)
  }

  #collectFile(file: FileEntry, path: string, rule: string, rules: TreeRules | null): void {
    const flag = rules?.sizeAndAge(file.sizeBytes, file.mtimeNs) ?? null
    if (flag !== null) return this.#leaveOut(path, flag)
    const format = this.#formatOf(file.name)
    if (format === null && this.#options.others === 'skip') {
      return this.#skip(this.skipped.unknownFormat, path, 'unknown extension')
    }
    if (format === null) return this.#fail(path, unknownFormat(path))
    if (file.folder !== this.#folderPath) {
      this.#folderPath = file.folder
      this.#folderNumber = this.files.addFolder(file.folder)
    }
    this.#add(this.#folderNumber, file.name, file, format)
    this.#tell(path, true, rule)
  }

  /** Takes the file that `--in` names: no filter applies to it. */
  takeSingle(name: string, head: FileHead): void {
    const format = this.#formatOf(name)
    if (format === null) throw fromWireError(unknownFormat(name))
    this.#add(this.files.addFolder(''), name, head, format)
    this.#tell(name, true, 'named by --in')
  }

  #add(folder: number, name: string, { sizeBytes, mtimeNs, version }: FileHead, format: SourceFormat): void {
    const index = this.files.add(folder, name, sizeBytes, mtimeNs, format)
    if (version !== undefined) this.files.setVersion(index, version)
  }

  #formatOf(name: string): SourceFormat | null {
    return this.#options.from ?? this.#options.formatOf(name) ?? (this.#options.others === 'copy' ? 'bytes' : null)
  }

  #fail(path: string, error: WireError): void {
    this.failed.push(error)
    this.#tell(path, false, error.code)
  }

  #leaveOut(path: string, rule: string): void {
    this.filteredOut += 1
    this.#tell(path, false, rule)
  }

  #skip(tally: Tally, path: string, rule: string): void {
    tally.count += 1
    if (tally.examples.length < 5) tally.examples.push(path)
    this.#tell(path, false, rule)
  }

  #tell(path: string, isTaken: boolean, rule: string): void {
    this.#hooks.onDecision?.(path, isTaken, rule)
  }
}

interface Tally {
  count: number
  readonly examples: string[]
}

function emptyTally(): Tally {
  return { count: 0, examples: [] }
}

function unknownFormat(path: string): WireError {
  return {
    code: 'UNKNOWN_FORMAT',
    phase: 'discover',
    message: `the format of ${printableName(path)} cannot be told from its name`,
    hint: 'say it with --from, for example --from csv',
    position: { file: path },
    isRetryable: false,
  }
}

import { basename, join } from 'node:path'
import { z } from 'zod'
import { WRITE_LENGTH } from '../../model/policy.ts'
import { FolderInsideSchema, TargetInsideSchema } from '../../model/paths/path-schemas.ts'
import { bookkeepingPaths, type BookkeepingPaths } from '../bookkeeping-paths.ts'
import { formatCheckedLine, parseCheckedLine, parseJson } from './checked-line.ts'
import type { Damage } from './damage.ts'
import type { AssertOwned } from '../lock/lock.ts'
import { readLines } from './read-lines.ts'
import { removeAside } from './remove-aside.ts'
import { compareRuns, runIdOf, runNumberOf } from '../run-id.ts'

/*
 * Before a run renames anything it writes down every target that it may make. So a target that was renamed just before a kill, and
 * is not in the journal yet, is known as the dead run's own and is made again instead of being refused as TARGET_EXISTS.
 *
 * A claim also says: this target may be newer than what earlier journals prove about it. A claim stands until a journal of the
 * same or a later run proves the target; until then its earlier proofs are void, or a target made by another plan just
 * before a kill could pass for the one that an earlier run proved.
 *
 * A manifest appears whole, and its last line says how many claims there are. So where a line is damaged or missing, any target may have been
 * claimed: no proof of an earlier run counts by itself then (docs/target-tree.md, "Damaged bookkeeping").
 *
 * A run settles the manifests when it ends: what is proved by then is dropped, and what is left of all manifests (targets that
 * failed, claims of dead runs that nobody made up for) moves into one manifest. A run that is killed leaves its own as it is.
 */

export interface ManifestHeader {
  readonly runId: string
  readonly manifestHash: string
  readonly planHash: string
}

export interface ManifestClaim {
  /** Relative to the target root, `/` between parts. */
  readonly target: string
  /** The folder of its staged file, relative to the target root, where that is not `.migrate/staged`. */
  readonly stagedFolder?: string
}

const HeaderSchema = z.object({ runId: z.string(), manifestHash: z.string(), planHash: z.string() })
const ClaimSchema = z.object({ target: TargetInsideSchema, stagedFolder: FolderInsideSchema.exactOptional() })
const EndSchema = z.object({ claims: z.number().int().nonnegative() })

/** What a manifest is called while it is written. */
const ASIDE = '.next'

export interface ManifestOptions {
  readonly targetRoot: string
  /** False leaves out the syncs. */
  readonly isDurable: boolean
}

/** Writes the manifest of a run, claim by claim. When the promise resolves, the run may start renaming. */
export async function writeManifest(
  options: ManifestOptions,
  header: ManifestHeader,
  claims: Iterable<ManifestClaim>,
): Promise<void> {
  const paths = bookkeepingPaths(options.targetRoot)
  const changedFolders = await paths.tree.makeFolder(paths.manifests)
  await writeManifestFile(manifestPath(options.targetRoot, header.runId), options, header, claims)
  if (!options.isDurable) return
  for (const folder of new Set([paths.manifests, paths.root, paths.targetRoot, ...changedFolders]))
    await paths.tree.syncFolder(folder)
}

function manifestPath(targetRoot: string, runId: string): string {
  return join(bookkeepingPaths(targetRoot).manifests, `${runId}.ndjson`)
}

/** Written aside, synced, renamed: a kill leaves none, or the whole. */
async function writeManifestFile(
  path: string,
  options: ManifestOptions,
  header: ManifestHeader,
  claims: Iterable<ManifestClaim>,
): Promise<void> {
  const { tree } = bookkeepingPaths(options.targetRoot)
  const aside = `${path}${ASIDE}`
  // Never emptied in place: what has the name may have another one too.
  await tree.removeFile(aside)
  const file = await tree.open(aside, 'wx')
  try {
    let text = formatCheckedLine('manifest', header)
    let count = 0
    for (const claim of claims) {
      count++
      text += formatCheckedLine('claim', claim)
      if (text.length < WRITE_LENGTH) continue
      await file.append(text)
      text = ''
    }
    await file.append(text + formatCheckedLine('end', { claims: count }))
    if (options.isDurable) await file.sync()
  } finally {
    await file.close()
  }
  await tree.rename(aside, path)
}

/**
 * Reads every claim of the manifests that are there, in the order of the runs: those of dead runs, and of the own run if it has
 * written its own.
 * @param isRead leaves out the manifests of some runs.
 * @returns which of them are damaged: what they claimed beside this is not known.
 */
export async function readManifests(
  targetRoot: string,
  onClaim: (claim: ManifestClaim, header: ManifestHeader) => void,
  isRead: (runId: string) => boolean = () => true,
): Promise<Damage[]> {
  const names = await listManifests(targetRoot)
  const read = names.filter((name) => isRead(runIdOf(name) ?? name))
  return readManifestFiles(bookkeepingPaths(targetRoot), read, onClaim)
}

async function readManifestFiles(
  { tree, manifests }: BookkeepingPaths,
  names: readonly string[],
  onClaim: (claim: ManifestClaim, header: ManifestHeader) => void,
): Promise<Damage[]> {
  const damage: Damage[] = []
  for (const name of names.toSorted(compareRuns)) {
    const path = join(manifests, name)
    // A shard that ends removes its manifest while others read; by then its journal has all that stood in it.
    const file = await tree.openIfThere(path, 'r')
    if (file === null) continue
    try {
      const scan = new ManifestScan(runIdOf(name) ?? name, onClaim)
      await readLines(file, (line, endOffsetBytes, isTerminated) => scan.take(line, endOffsetBytes, isTerminated))
      const found = scan.damage
      if (found !== null) damage.push({ ...found, path, runNumber: runNumberOf(name) })
    } finally {
      await file.close()
    }
  }
  return damage
}

/** Follows the lines of one manifest. Those of older versions have no checksums and no end. */
class ManifestScan {
  #header: ManifestHeader
  #isOld = false
  #claimCount = 0
  #endClaims: number | null = null
  #offsetBytes = 0
  #damagedLines = 0
  #damageOffsetBytes = 0
  readonly #onClaim: (claim: ManifestClaim, header: ManifestHeader) => void

  constructor(runId: string, onClaim: (claim: ManifestClaim, header: ManifestHeader) => void) {
    this.#header = { runId, manifestHash: '', planHash: '' }
    this.#onClaim = onClaim
  }

  take(line: Buffer, endOffsetBytes: number, isTerminated: boolean): void {
    const startBytes = this.#offsetBytes
    this.#offsetBytes = endOffsetBytes
    const checked = parseCheckedLine(line)
    const isTaken =
      checked === null ? this.#takeOld(line, startBytes, isTerminated) : this.#takeChecked(checked.kind, checked.value)
    if (!isTaken && this.#damagedLines++ === 0) this.#damageOffsetBytes = startBytes
  }

  #takeChecked(kind: string, value: unknown): boolean {
    if (kind === 'manifest') {
      const parsed = HeaderSchema.safeParse(value)
      if (parsed.success) this.#header = parsed.data
      return parsed.success
    }
    if (kind === 'end') {
      const parsed = EndSchema.safeParse(value)
      if (parsed.success) this.#endClaims = parsed.data.claims
      return parsed.success
    }
    return kind === 'claim' && this.#takeClaim(value)
  }

  #takeOld(line: Buffer, startBytes: number, isTerminated: boolean): boolean {
    const value = parseJson(line)
    if (startBytes === 0) {
      const parsed = HeaderSchema.safeParse(value)
      if (parsed.success) this.#header = parsed.data
      this.#isOld = parsed.success && isTerminated
      return this.#isOld
    }
    return this.#isOld && isTerminated && this.#takeClaim(value)
  }

  #takeClaim(value: unknown): boolean {
    const claim = ClaimSchema.safeParse(value)
    if (!claim.success) return false
    this.#claimCount++
    this.#onClaim(claim.data, this.#header)
    return true
  }

  get damage(): Pick<Damage, 'offsetBytes' | 'lineCount'> | null {
    if (this.#damagedLines > 0) return { offsetBytes: this.#damageOffsetBytes, lineCount: this.#damagedLines }
    if (this.#isOld || this.#endClaims === this.#claimCount) return null
    return { offsetBytes: this.#offsetBytes, lineCount: 0 }
  }
}

async function listManifests(targetRoot: string): Promise<string[]> {
  const { tree, manifests } = bookkeepingPaths(targetRoot)
  const names = await tree.list(manifests)
  return names.filter((name) => name.endsWith('.ndjson') && runIdOf(name) !== null)
}

interface TidyingOptions extends ManifestOptions {
  /** Asked before each change: a manifest that appears once the tree is lost is the new owner's. */
  readonly assertOwned: AssertOwned
}

/** Takes claims back that the own run made in vain: what is under these names is not its own. */
export async function withdrawClaims(
  options: TidyingOptions,
  header: ManifestHeader,
  targets: ReadonlySet<string>,
): Promise<void> {
  const paths = bookkeepingPaths(options.targetRoot)
  const path = manifestPath(options.targetRoot, header.runId)
  const kept: ManifestClaim[] = []
  await readManifestFiles(paths, [basename(path)], (claim) => {
    if (!targets.has(claim.target)) kept.push(claim)
  })
  await options.assertOwned()
  await writeManifestFile(path, options, header, kept)
  if (options.isDurable) await paths.tree.syncFolder(paths.manifests)
}

export interface SettleOptions extends TidyingOptions {
  /** True where all that this run claimed is proved: its own manifest, which may have a million lines, is then not read again. */
  readonly areOwnProved?: boolean
  /** Targets whose proofs are in doubt and were not compared: they are claimed, so that these proofs count no more. */
  readonly doubtful?: Iterable<string>
}

/**
 * Ends the life of all manifests at the end of a run: what is still unproved is kept in one manifest under the name of this run.
 * Call it while the lock is held and after `collectStaged`: the places of staged files are forgotten.
 * @param isProved whether a journal of run `runId` or a later one proves the target, or what is there is known to be another's.
 * @throws LOCK_LOST; errors of the system.
 */
export async function settleManifests(
  options: SettleOptions,
  header: ManifestHeader,
  isProved: (target: string, runId: string) => boolean,
): Promise<void> {
  const paths = bookkeepingPaths(options.targetRoot)
  const { tree, manifests: folder } = paths
  const unproved = new Set<string>(options.doubtful)
  const ownPath = manifestPath(options.targetRoot, header.runId)
  const names = await listManifests(options.targetRoot)
  const read = options.areOwnProved ? names.filter((name) => join(folder, name) !== ownPath) : names
  await readManifestFiles(paths, read, (claim, { runId }) => {
    if (!isProved(claim.target, runId)) unproved.add(claim.target)
  })
  if (unproved.size > 0) {
    await options.assertOwned()
    await tree.makeFolder(folder)
    await writeManifestFile(ownPath, options, header, claimsOf(unproved))
    if (options.isDurable) await tree.syncFolder(folder)
  }
  for (const name of names) {
    const path = join(folder, name)
    if (path === ownPath && unproved.size > 0) continue
    await options.assertOwned()
    await tree.removeFile(path)
  }
  await removeAside(tree, folder, ASIDE, options.assertOwned)
}

function* claimsOf(targets: Iterable<string>): Generator<ManifestClaim> {
  for (const target of targets) yield { target }
}

/**
 * The same for a shard, which knows of its own targets only. Its own manifest goes where all that it claimed is proved. The last of the shards
 * also removes those of dead ones that others have made up for, as the journals tell. What is unproved stays where it is: in another run's name
 * it would void the proofs that were made meanwhile. Call it as the other, while no shard can join or leave.
 * @param isLast whether no other shard is at work.
 */
export async function settleShardManifests(
  options: SettleOptions & { readonly runId: string; readonly isLast: boolean },
  readProofs: (onProof: (target: string, runId: string) => void) => Promise<void>,
): Promise<void> {
  const { targetRoot, runId, isLast, assertOwned } = options
  const { tree, manifests } = bookkeepingPaths(targetRoot)
  await assertOwned()
  if (options.areOwnProved) await tree.removeFile(manifestPath(targetRoot, runId))
  if (!isLast) return
  const claimRuns = new Map<string, string>()
  // In the order of the runs: the last claim of a target counts.
  const damage = await readManifests(targetRoot, (claim, header) => claimRuns.set(claim.target, header.runId))
  if (claimRuns.size > 0) {
    await readProofs((target, provedBy) => {
      const claimedBy = claimRuns.get(target)
      if (claimedBy !== undefined && runNumberOf(provedBy) >= runNumberOf(claimedBy)) claimRuns.delete(target)
    })
  }
  const unproved = new Set(claimRuns.values())
  // What a damaged one claimed is not known, so nobody can have made up for it.
  const damaged = new Set(damage.map(({ path }) => path))
  for (const name of await listManifests(targetRoot)) {
    const path = join(manifests, name)
    if (damaged.has(path) || unproved.has(runIdOf(name) ?? name)) continue
    await assertOwned()
    await tree.removeFile(path)
  }
  await removeAside(tree, manifests, ASIDE, assertOwned)
}

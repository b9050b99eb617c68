import { toWireError, type WireError } from '../../errors/migration-error.ts'
import { forEachConcurrently } from '../../storage/for-each-concurrently.ts'
import type { CommitOutcome } from './commit-outcome.ts'
import { placeOwn } from './place-own.ts'
import { placeProved } from './place-proved.ts'
import { makeTargetFolders, placeTargets } from './place-targets.ts'
import {
  beginPart,
  changedBy,
  failBelow,
  outcomesOf,
  passAll,
  passTogether,
  prove,
  toDiscard,
  win,
  type Part,
  type PartInWork,
} from './part.ts'
import { aliveOf, beginPublication, failPublication, type Publication } from './publication.ts'
import type { StagedTarget } from './staged-target.ts'
import type { TargetAccess } from './target-access.ts'

/*
 * The order of these steps is what makes a commit happen exactly once, whatever dies between them:
 *
 *   1. the contents of targets and rejects are made durable
 *   2. it is looked whether the tree is still ours; a proof that comes before the names is won
 *   3. rejects and targets get their names
 *   4. the names are made durable
 *   5. a proof that comes after the names is written; only then anybody is told
 *
 * Content is durable before its name, and a name before anybody is told. So a target under its name is always whole.
 * The journal comes after the names: what it proves is there. A kill before it leaves targets that the manifest of the run claims, and the
 * next run makes them again. A record comes before the names, since one node of several has to win: what it proves has durable content,
 * and whoever finds the record gives it its name (place-proved.ts). The coordinator does that for all records before it writes the journal.
 * If you change the order, also change docs/target-tree.md.
 */

export interface PublisherOptions {
  /** Whether a file without rejects, whose proof comes after its name, may have some of an earlier run, which must go. */
  readonly mayHaveStaleRejects: boolean
  /** Told of what goes wrong once a record is won: its files are committed, and yet not all in their places, or not durably. */
  readonly onUnplaced: (error: WireError) => void
}

/** Makes staged files visible, durably, and proves that. */
export class Publisher {
  readonly #access: TargetAccess
  readonly #options: PublisherOptions

  constructor(access: TargetAccess, options: PublisherOptions) {
    this.#access = access
    this.#options = options
  }

  /**
   * Publishes files that share the syncs of their contents and folders. They belong to the publisher from here on.
   * @returns one outcome for each file of each part, in their order; never rejects. A file that fails leaves nothing staged; one whose folder
   * cannot be synced after it got its name is visible, whole, and yet failed: the next run makes it again.
   */
  async publish<File extends StagedTarget>(parts: readonly Part<File>[]): Promise<CommitOutcome[][]> {
    const startNs = process.hrtime.bigint()
    const inWork = parts.map(beginPart)
    const all = inWork.flatMap(({ publications }) => publications)
    await this.#syncContents(all)
    const contentsNs = shareOf(startNs, all.length)
    await forEachConcurrently(inWork, (part) => this.#publishPart(part, contentsNs))
    await this.#syncNames(inWork)
    const syncNs = shareOf(startNs, all.length)
    for (const part of inWork) if (part.proof.comes === 'after') await prove(part, syncNs)
    await this.discard(inWork.flatMap(toDiscard))
    const totalNs = shareOf(startNs, all.length)
    return inWork.map((part) => outcomesOf(part, totalNs))
  }

  /**
   * Places targets that a record proves already, whoever won it.
   * @param changed gets the folders that must be synced.
   * @returns what is wrong with those that are not in their places, as `placeProved` throws it.
   */
  async place<File extends StagedTarget>(
    files: readonly File[],
    changed: Set<string>,
  ): Promise<ReadonlyMap<File, WireError>> {
    const errors = new Map<File, WireError>()
    await placeTargets<Publication<File>>(files.map(beginPublication), {
      access: this.#access,
      place: placeProved,
      changed,
      onFailed: ({ file }, error) => errors.set(file, toWireError(error, { phase: 'commit', file: file.source })),
    })
    return errors
  }

  /**
   * Makes the names in folders durable.
   * @param published the files that went into them, if they are known.
   * @returns what is wrong with those where that fails.
   */
  async syncFolders(
    folders: ReadonlySet<string>,
    published?: readonly StagedTarget[],
  ): Promise<ReadonlyMap<string, unknown>> {
    if (!this.#access.isDurable) return new Map()
    const failures = await this.#access.storage.syncFolders(folders, published)
    // What is not durable must be synced by those who come next.
    if (failures.size > 0) this.#access.knownFolders.clear()
    return failures
  }

  /** Removes what was staged, never through a link. What cannot be removed now is collected with all that is staged. */
  async discard(files: readonly StagedTarget[]): Promise<void> {
    await forEachConcurrently(files, async ({ stagedTarget, stagedRejects }) => {
      for (const path of [stagedTarget, stagedRejects])
        if (path !== null) await this.#access.storage.removeFile(path).catch(() => undefined)
    })
  }

  async #syncContents(publications: readonly Publication[]): Promise<void> {
    if (!this.#access.isDurable) return
    const byFile = new Map(publications.map((publication) => [publication.file, publication]))
    await this.#access.storage.syncStaged([...byFile.keys()], (file, error) => {
      const publication = byFile.get(file)
      if (publication !== undefined) failPublication(publication, error)
    })
  }

  /** The steps from the durable contents to the names. Parts that are proved apart do not wait for each other. */
  async #publishPart<File extends StagedTarget>(part: PartInWork<File>, contentsNs: number): Promise<void> {
    const startNs = process.hrtime.bigint()
    if (part.proof.comes === 'after') {
      if (await passTogether(part, () => part.proof.assertOwned())) await this.#placeOwn(part)
      return
    }
    const isReady = await passAll(part, async () => {
      // Whatever else may fail before anything is promised.
      await makeTargetFolders(part.publications, this.#access, part.changed)
      await part.proof.assertOwned()
    })
    if (!isReady) return
    // What comes after it cannot stand in a record.
    const syncNs = contentsNs + shareOf(startNs, part.publications.length)
    if (await win(part, syncNs)) await this.#placeWon(part)
  }

  async #placeOwn({ publications, changed }: PartInWork): Promise<void> {
    const { mayHaveStaleRejects } = this.#options
    await placeTargets(aliveOf(publications), {
      access: this.#access,
      place: (publication, places, placing) => placeOwn(publication, places, placing, mayHaveStaleRejects),
      changed,
      onFailed: failPublication,
    })
  }

  /** Its files are committed. Whoever settles them places them again, and says what is wrong if that fails too. */
  async #placeWon({ publications, changed }: PartInWork): Promise<void> {
    await placeTargets(publications, {
      access: this.#access,
      place: placeProved,
      changed,
      onFailed: ({ file }, error) =>
        this.#options.onUnplaced(toWireError(error, { phase: 'commit', file: file.source })),
    })
  }

  /**
   * Each folder is synced once. Where that fails, all files without a proof fail that changed the folder or lie below it: a new folder that
   * several files lie in was only made by one of them.
   */
  async #syncNames(parts: readonly PartInWork[]): Promise<void> {
    if (!this.#access.isDurable) return
    const folders = new Set(parts.flatMap(changedBy))
    const publications = parts.flatMap((part) => part.publications)
    const published = publications.map(({ file }) => file)
    const failures = await this.syncFolders(folders, published)
    for (const [folder, error] of failures) {
      for (const { proof, publications: inside } of parts)
        if (proof.comes === 'after') failBelow(folder, error, inside, this.#access.paths.targetRoot)
      if (parts.some(({ proof }) => proof.comes === 'before'))
        this.#options.onUnplaced(toWireError(error, { phase: 'commit', file: folder }))
    }
  }
}

function shareOf(startNs: bigint, fileCount: number): number {
  return Math.round(Number(process.hrtime.bigint() - startNs) / Math.max(1, fileCount))
}

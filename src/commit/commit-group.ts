import { toWireError, type WireError } from '../errors/migration-error.ts'
import type { JournalEntry } from '../model/journal-entry.ts'
import type { SeenFile } from '../model/paths/seen-file.ts'
import type { BookkeepingPaths } from './bookkeeping-paths.ts'
import type { GuardedTree } from '../storage/guarded-tree.ts'
import type { FolderHolder } from '../storage/held-folders.ts'
import { HeldSources } from '../storage/held-sources.ts'
import { syncFile, syncFolder, type CommitFileSystem } from './commit-file-system.ts'
import type { FolderModes } from './folder-modes.ts'
import { forEachConcurrently } from './for-each-concurrently.ts'
import type { JournalWriter } from './journal/journal.ts'
import { placeRejects, removeRejects } from './rejects-file.ts'
import { liesInStagingArea } from './staging/staging-area.ts'
import type { TargetPlacer } from './target-placer.ts'
import type { WholeSync } from './whole-sync.ts'

/*
 * The order of these steps is what makes a commit happen exactly once, whatever dies between them. Content is durable before it
 * gets its name, the name is durable before the journal claims it, and the journal is durable before anyone is told.
 * A kill before the journal leaves targets that the manifest of the run claims: the next run makes them again.
 * If you change the order, also change that of unit-committer.ts, which has a record in place of the journal, and docs/target-tree.md.
 */

/** A finished file that nobody can see yet, and what the journal will say of it. */
export interface StagedFile {
  readonly stagedTarget: string
  /** Where the rejects are staged; it is there only if `entry.hasRejects`. */
  readonly stagedRejects: string
  /** What the plan saw in the target's place; null: nothing. */
  readonly seen: SeenFile | null
  readonly entry: JournalEntry
}

export type CommitOutcome =
  { readonly isCommitted: true; readonly syncNs: number } | { readonly isCommitted: false; readonly error: WireError }

/** What the groups of a run have in common. */
export interface CommitContext {
  readonly paths: BookkeepingPaths
  readonly fileSystem: CommitFileSystem
  readonly tree: GuardedTree
  readonly placer: TargetPlacer
  readonly folders: FolderHolder
  readonly modeOf: FolderModes
  readonly journal: Pick<JournalWriter, 'append'>
  /** Throws LOCK_LOST when the target tree is no longer ours. */
  readonly assertOwned: () => Promise<void>
  readonly isDurable: boolean
  /** Syncs many at once; null: each by itself. */
  readonly wholeSync: Pick<WholeSync, 'covers'> | null
  /** Whether a file without rejects may have some of an earlier run, which must go. */
  readonly mayHaveStaleRejects: boolean
}

interface Member {
  readonly file: StagedFile
  /** The target's place, and the folder that it lies in. */
  readonly target: string
  readonly folder: string
  /** Folders that must be synced before this file counts, beside its own: null for nearly all. */
  changedFolders: Set<string> | null
  isPlaced: boolean
  error: WireError | null
}

/**
 * Commits a group of files: syncs their content, gives them their names, syncs their folders, and journals them.
 * @returns one outcome for each file, in their order. A file that fails leaves nothing staged; a file whose folder cannot be
 * synced after that is visible, whole, and yet failed: the next run makes it again.
 */
export async function commitGroup(files: readonly StagedFile[], context: CommitContext): Promise<CommitOutcome[]> {
  const members = files.map((file) => toMember(file, context))
  const startNs = process.hrtime.bigint()
  const elapsedShareNs = (): number => Math.round(Number(process.hrtime.bigint() - startNs) / files.length)

  if (context.isDurable) await syncContents(members, context)
  await forAllAlive(members, context.assertOwned)
  await makeAllVisible(members, context)
  if (context.isDurable) await syncFolders(members, context)
  const syncNs = elapsedShareNs()
  await forAllAlive(members, (alive) =>
    context.journal.append(alive.map(({ file }) => withSyncTime(file.entry, syncNs))),
  )

  const failed = members.filter(({ error }) => error !== null)
  await forEachConcurrently(failed, ({ file }) => discardStaged(file, context.tree))
  const totalNs = elapsedShareNs()
  return members.map(({ error }) =>
    error === null ? { isCommitted: true, syncNs: totalNs } : { isCommitted: false, error },
  )
}

function toMember(file: StagedFile, { paths }: CommitContext): Member {
  const target = `${paths.targetRoot}/${file.entry.target}`
  const folder = target.slice(0, target.lastIndexOf('/'))
  return { file, target, folder, changedFolders: null, isPlaced: false, error: null }
}

function noteChanged(member: Member, folder: string): void {
  member.changedFolders ??= new Set()
  member.changedFolders.add(folder)
}

/** A step that each file passes or fails for itself. */
async function forEachAlive(members: readonly Member[], step: (member: Member) => Promise<void>): Promise<void> {
  const alive = members.filter(({ error }) => error === null)
  await forEachConcurrently(alive, async (member) => {
    try {
      await step(member)
    } catch (error) {
      member.error = toWireError(error, { phase: 'commit', file: member.file.entry.source })
    }
  })
}

/** A step that all files pass or fail together. */
async function forAllAlive(
  members: readonly Member[],
  step: (alive: readonly Member[]) => Promise<void>,
): Promise<void> {
  const alive = members.filter(({ error }) => error === null)
  if (alive.length === 0) return
  try {
    await step(alive)
  } catch (error) {
    for (const member of alive) member.error = toWireError(error, { phase: 'commit', file: member.file.entry.source })
  }
}

/** Many files that are staged in `.migrate`, and so on one file system, are synced at once where that is faster. */
async function syncContents(members: readonly Member[], context: CommitContext): Promise<void> {
  const { wholeSync } = context
  const together = members.filter(({ file }) => liesInStagingArea(file.stagedTarget, context.paths))
  const areSynced = wholeSync !== null && (await wholeSync.covers(together.length))
  await forEachAlive(members, async (member) => {
    if (!areSynced || !liesInStagingArea(member.file.stagedTarget, context.paths))
      await syncStaged(member.file, context)
  })
}

async function syncStaged(file: StagedFile, { fileSystem }: CommitContext): Promise<void> {
  await syncFile(fileSystem, file.stagedTarget)
  if (file.entry.hasRejects) await syncFile(fileSystem, file.stagedRejects)
}

/**
 * Each target folder is held while the files of the group go into it, and each folder of staged files while they leave it. So both are looked
 * at once a group, and nothing goes anywhere else, or comes from there, whatever takes their place.
 */
async function makeAllVisible(members: readonly Member[], context: CommitContext): Promise<void> {
  const staged = new HeldSources(context.folders)
  try {
    await makeVisibleByFolder(members, staged, context)
  } finally {
    staged.release()
  }
}

async function makeVisibleByFolder(
  members: readonly Member[],
  staged: HeldSources,
  context: CommitContext,
): Promise<void> {
  const byFolder = new Map<string, Member[]>()
  for (const member of members) {
    if (member.error !== null) continue
    const beside = byFolder.get(member.folder)
    if (beside === undefined) byFolder.set(member.folder, [member])
    else beside.push(member)
  }
  await forEachConcurrently([...byFolder], async ([folder, inside]) => {
    const noteMade = (changed: string): void => inside.forEach((member) => noteChanged(member, changed))
    await forAllAlive(inside, async () => {
      const held = await context.folders.holdOrMake(folder, context.modeOf, noteMade)
      try {
        await forEachAlive(inside, (member) => makeVisible(member, held.path, staged, context))
      } finally {
        held.release()
      }
    })
  })
}

/** Rejects first: a target that is there must never lack the rejects that belong to it. */
async function makeVisible(
  member: Member,
  heldFolder: string,
  staged: HeldSources,
  context: CommitContext,
): Promise<void> {
  const { file, target, folder } = member
  const { entry } = file
  if (entry.hasRejects) {
    const changed = await placeRejects(context, entry.source, staged.pathOf(file.stagedRejects))
    for (const path of changed) noteChanged(member, path)
  } else if (context.mayHaveStaleRejects) {
    for (const path of await removeRejects(context, entry.source)) noteChanged(member, path)
  }
  try {
    const placing = context.placer.place(staged.pathOf(file.stagedTarget), {
      path: `${heldFolder}${target.slice(folder.length)}`,
      shown: target,
      seen: file.seen,
    })
    if (placing !== undefined) await placing
  } catch (error) {
    // Rejects without their target would tell of records of a file that is not done.
    if (entry.hasRejects) await removeRejects(context, entry.source)
    throw error
  }
  member.isPlaced = true
}

/**
 * Each folder is synced once. Where that fails, all files fail that changed the folder or lie below it: a new folder that several
 * files lie in was only made by one of them.
 */
async function syncFolders(members: readonly Member[], context: CommitContext): Promise<void> {
  const failures = new Map<string, unknown>()
  const folders = [...new Set(members.flatMap(changedBy))]
  // A rename does not leave its file system, so these folders lie where the staged files were.
  const lieTogether = members.every(({ file }) => liesInStagingArea(file.stagedTarget, context.paths))
  if (lieTogether && (await context.wholeSync?.covers(folders.length))) return
  await forEachConcurrently(folders, async (folder) => {
    try {
      await syncFolder(context.fileSystem, folder)
    } catch (error) {
      failures.set(folder, error)
    }
  })
  if (failures.size === 0) return
  await forEachAlive(members, async (member) => {
    const changed = changedBy(member)
    for (const [folder, error] of failures)
      if (changed.includes(folder) || member.target.startsWith(`${folder}/`)) throw error
  })
}

function changedBy({ isPlaced, folder, changedFolders }: Member): string[] {
  return isPlaced ? [folder, ...(changedFolders ?? [])] : [...(changedFolders ?? [])]
}

function withSyncTime(entry: JournalEntry, syncNs: number): JournalEntry {
  return { ...entry, stageNs: { ...entry.stageNs, sync: entry.stageNs.sync + syncNs } }
}

/** Removes what a worker staged, never through a link. What cannot be removed now is collected at the end of the run. */
export async function discardStaged(file: StagedFile, tree: GuardedTree): Promise<void> {
  for (const path of [file.stagedTarget, file.stagedRejects]) {
    try {
      await tree.removeFile(path)
    } catch {
      continue
    }
  }
}

/** True for the errors after which no further commit can be right. */
export function isFinal(error: WireError): boolean {
  return error.code === 'JOURNAL_FAILED' || error.code === 'LOCK_LOST'
}

/** The outcome of a file that came after such an error. */
export function refuse(file: StagedFile, error: WireError): CommitOutcome {
  return { isCommitted: false, error: { ...error, position: { file: file.entry.source } } }
}

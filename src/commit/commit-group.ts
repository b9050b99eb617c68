import { toWireError, type WireError } from '../errors/migration-error.ts'
import type { JournalEntry } from '../model/journal-entry.ts'
import type { SeenFile } from '../model/seen-file.ts'
import type { BookkeepingPaths } from './bookkeeping-paths.ts'
import type { GuardedTree } from '../storage/guarded-tree.ts'
import type { FolderHolder } from '../storage/held-folders.ts'
import { HeldSources } from '../storage/held-sources.ts'
import { syncFile, syncFolder, type CommitFileSystem } from './commit-file-system.ts'
import type { FolderModes } from './folder-modes.ts'
import { forEachConcurrently } from './for-each-concurrently.ts'
import type { JournalWriter } from './journal.ts'
import { placeRejects, removeRejects } from './rejects-file.ts'
import { liesInStagingArea } from './staging-area.ts'
import type { TargetPlacer } from './target-placer.ts'
import type { WholeSync } from './whole-sync.ts'

/*
 * The order of these steps is what makes a commit happen exactly once, whatever dies between them. Content is durable before it
 * gets its name, the name is durable before the journal claims it, and the journal is durable before anyone is told.
 * A kill before the journal leaves targets that the manifest of the run claims: the next run makes them again.
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
  /** Folders that must be synced before this file counts. */
  readonly folders: Set<string>
  error: WireError | null
}

/**
 * Commits a group of files: syncs their content, gives them their names, syncs their folders, and journals them.
 * @returns one outcome for each file, in their order. A file that fails leaves nothing staged; a file whose folder cannot be
 * synced after that is visible, whole, and yet failed: the next run makes it again.
 */
export async function commitGroup(files: readonly StagedFile[], context: CommitContext): Promise<CommitOutcome[]> {
  const members = files.map((file): Member => ({ file, folders: new Set(), error: null }))
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
    const path = targetPath(member, context)
    const folder = path.slice(0, path.lastIndexOf('/'))
    const beside = byFolder.get(folder)
    if (beside === undefined) byFolder.set(folder, [member])
    else beside.push(member)
  }
  await forEachConcurrently([...byFolder], async ([folder, inside]) => {
    const noteMade = (changed: string): void => inside.forEach(({ folders }) => folders.add(changed))
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

function targetPath({ file }: Member, { paths }: CommitContext): string {
  return `${paths.targetRoot}/${file.entry.target}`
}

/** Rejects first: a target that is there must never lack the rejects that belong to it. */
async function makeVisible(
  member: Member,
  heldFolder: string,
  staged: HeldSources,
  context: CommitContext,
): Promise<void> {
  const { file, folders } = member
  const { entry } = file
  const shown = targetPath(member, context)
  const slash = shown.lastIndexOf('/')
  if (entry.hasRejects) {
    for (const changed of await placeRejects(context, entry.source, staged.pathOf(file.stagedRejects)))
      folders.add(changed)
  } else if (context.mayHaveStaleRejects) {
    for (const changed of await removeRejects(context, entry.source)) folders.add(changed)
  }
  try {
    const placing = context.placer.place(staged.pathOf(file.stagedTarget), {
      path: `${heldFolder}${shown.slice(slash)}`,
      shown,
      seen: file.seen,
    })
    if (placing !== undefined) await placing
  } catch (error) {
    // Rejects without their target would tell of records of a file that is not done.
    if (entry.hasRejects) await removeRejects(context, entry.source)
    throw error
  }
  folders.add(shown.slice(0, slash))
}

/**
 * Each folder is synced once. Where that fails, all files fail that changed the folder or lie below it: a new folder that several
 * files lie in was only made by one of them.
 */
async function syncFolders(members: readonly Member[], context: CommitContext): Promise<void> {
  const failures = new Map<string, unknown>()
  const folders = [...new Set(members.flatMap((member) => [...member.folders]))]
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
  await forEachAlive(members, async ({ file, folders }) => {
    const target = `${context.paths.targetRoot}/${file.entry.target}`
    for (const [folder, error] of failures) if (folders.has(folder) || target.startsWith(`${folder}/`)) throw error
  })
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

import { MigrationError } from '../../errors/migration-error.ts'
import { nameOf } from '../../model/paths/path-inside.ts'
import type { Answer } from '../../storage/answer.ts'
import { forEachConcurrently } from '../../storage/for-each-concurrently.ts'
import type { PublishingSession, TargetFolder } from '../../storage/target-storage.ts'
import { folderOf, type Publication } from './publication.ts'
import type { StagedTarget } from './staged-target.ts'
import type { TargetAccess } from './target-access.ts'

/** Where a target goes. */
export interface Places {
  /** Relative to the tree. */
  readonly folder: string
  readonly held: TargetFolder
  readonly session: PublishingSession
}

export interface Placing<Each extends Publication = Publication> {
  readonly access: TargetAccess
  /** Places one: rejects first, since a target that is there must never lack the rejects that belong to it. */
  place(publication: Each, places: Places, placing: Placing): Promise<void>
  /** Gets the folders that changed, for syncing. */
  readonly changed: Set<string>
  /** Told of each target that is not in its place. */
  onFailed(publication: Each, error: unknown): void
}

/** Gives targets their names, those of a folder together. */
export async function placeTargets<Each extends Publication>(
  publications: readonly Each[],
  placing: Placing<Each>,
): Promise<void> {
  const session = placing.access.storage.beginPublishing()
  try {
    await forEachConcurrently([...byFolder(publications)], ([folder, inside]) =>
      placeInside(folder, inside, session, placing),
    )
  } finally {
    session.end()
  }
}

function byFolder<Each extends Publication>(publications: readonly Each[]): Map<string, Each[]> {
  const folders = new Map<string, Each[]>()
  for (const publication of publications) {
    const folder = folderOf(publication.file.target)
    const beside = folders.get(folder)
    if (beside === undefined) folders.set(folder, [publication])
    else beside.push(publication)
  }
  return folders
}

async function placeInside<Each extends Publication>(
  folder: string,
  inside: readonly Each[],
  session: PublishingSession,
  placing: Placing<Each>,
): Promise<void> {
  const { access, changed } = placing
  let held: TargetFolder
  try {
    held = await holdTargetFolder(folder, { access, session, changed })
  } catch (error) {
    for (const publication of inside) placing.onFailed(publication, error)
    return
  }
  const places = { folder, held, session }
  try {
    await forEachConcurrently(inside, async (publication) => {
      try {
        await placing.place(publication, places, placing)
        publication.isPlaced = true
        // Only now: a folder that is not there cannot be synced.
        changed.add(pathOf(folder, access))
      } catch (error) {
        placing.onFailed(publication, error)
      }
    })
  } finally {
    held.release()
  }
}

/** Gives a target its name. @throws as TargetFolder.publish. */
export function publishTarget(
  { target, seen, stagedTarget }: StagedTarget,
  held: TargetFolder,
  { mayOverwrite }: TargetAccess,
): Answer<void> {
  return held.publish(stagedTarget, nameOf(target), { seen, orAnyFile: mayOverwrite })
}

/** Takes the folder of targets, and makes it where it is missing. @param changed gets the folders that must be synced for it to last. */
export async function holdTargetFolder(
  folder: string,
  { access, session, changed }: { access: TargetAccess; session: PublishingSession; changed: Set<string> },
): Promise<TargetFolder> {
  const { knownFolders, modeOf } = access
  const held = await session.folderOrMake(pathOf(folder, access), modeOf, (above) => changed.add(above))
  if (!knownFolders.has(folder)) {
    // Whoever made those above it may have died before syncing them.
    for (let inner = folder; inner !== '';) changed.add(pathOf((inner = folderOf(inner)), access))
    knownFolders.add(folder)
  }
  return held
}

/**
 * Makes the folders of targets that are not known to be there.
 * @param changed gets those that got an entry by this.
 * @throws errors of the system. What is no folder is left to placing, which tells of it file by file.
 */
export async function makeTargetFolders(
  publications: readonly Publication[],
  access: TargetAccess,
  changed: Set<string>,
): Promise<void> {
  const unknown = new Set<string>()
  for (const { file } of publications) {
    const folder = folderOf(file.target)
    if (!access.knownFolders.has(folder)) unknown.add(folder)
  }
  if (unknown.size === 0) return
  const session = access.storage.beginPublishing()
  try {
    for (const folder of unknown) {
      try {
        const held = await holdTargetFolder(folder, { access, session, changed })
        held.release()
      } catch (error) {
        if (!(error instanceof MigrationError)) throw error
      }
    }
  } finally {
    session.end()
  }
}

function pathOf(folder: string, { paths }: TargetAccess): string {
  return folder === '' ? paths.targetRoot : `${paths.targetRoot}/${folder}`
}

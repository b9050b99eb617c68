import { MigrationError } from '../../errors/migration-error.ts'
import type { HeldFolder } from '../../storage/held-folders.ts'
import { HeldSources } from '../../storage/held-sources.ts'
import { forEachConcurrently } from '../for-each-concurrently.ts'
import { folderOf, type Publication } from './publication.ts'
import type { TargetAccess } from './target-access.ts'

/** Where a target goes, and where staged files come from. */
export interface Places {
  /** Of the target, relative to the tree. */
  readonly folder: string
  readonly held: HeldFolder
  readonly staged: HeldSources
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

/**
 * Gives targets their names. Each target folder is held while files go into it, and each folder of staged files while they leave it. So both
 * are looked at once, and nothing goes anywhere else, or comes from there, whatever takes their place.
 */
export async function placeTargets<Each extends Publication>(
  publications: readonly Each[],
  placing: Placing<Each>,
): Promise<void> {
  const staged = new HeldSources(placing.access.folders)
  try {
    await forEachConcurrently([...byFolder(publications)], ([folder, inside]) =>
      placeInside(folder, inside, staged, placing),
    )
  } finally {
    staged.release()
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
  staged: HeldSources,
  placing: Placing<Each>,
): Promise<void> {
  const { access, changed } = placing
  let held: HeldFolder
  try {
    held = await holdTargetFolder(folder, access, changed)
  } catch (error) {
    for (const publication of inside) placing.onFailed(publication, error)
    return
  }
  const places = { folder, held, staged }
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

/** Holds the folder of targets, and makes it where it is missing. @param changed gets the folders that must be synced for it to last. */
export async function holdTargetFolder(
  folder: string,
  access: TargetAccess,
  changed: Set<string>,
): Promise<HeldFolder> {
  const { folders, knownFolders, modeOf } = access
  const held = await folders.holdOrMake(pathOf(folder, access), modeOf, (above) => changed.add(above))
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
  for (const folder of unknown) {
    try {
      const held = await holdTargetFolder(folder, access, changed)
      held.release()
    } catch (error) {
      if (!(error instanceof MigrationError)) throw error
    }
  }
}

function pathOf(folder: string, { paths }: TargetAccess): string {
  return folder === '' ? paths.targetRoot : `${paths.targetRoot}/${folder}`
}

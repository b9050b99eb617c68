import { placeRejects, removeRejects } from '../rejects-file.ts'
import { noteRejectsFolders, type Publication } from './publication.ts'
import type { Places, Placing } from './place-targets.ts'

/**
 * Places a target that only this run can place: what is wrong with its staged file or its place fails it, and leaves nothing of it.
 * @param mayHaveStaleRejects whether a file without rejects may have some of an earlier run, which must go.
 */
export async function placeOwn(
  publication: Publication,
  { held, staged }: Places,
  { access }: Placing,
  mayHaveStaleRejects: boolean,
): Promise<void> {
  const { source, target, seen, stagedTarget, stagedRejects } = publication.file
  if (stagedRejects !== null) {
    noteRejectsFolders(publication, await placeRejects(access, source, staged.pathOf(stagedRejects)))
  } else if (mayHaveStaleRejects) {
    noteRejectsFolders(publication, await removeRejects(access, source))
  }
  try {
    const placing = access.placer.place(staged.pathOf(stagedTarget), {
      path: `${held.path}/${target.slice(target.lastIndexOf('/') + 1)}`,
      shown: `${access.paths.targetRoot}/${target}`,
      seen,
    })
    if (placing !== undefined) await placing
  } catch (error) {
    // Rejects without their target would tell of records of a file that is not done.
    if (stagedRejects !== null) await removeRejects(access, source)
    throw error
  }
}

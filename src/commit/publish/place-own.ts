import { placeRejects, removeRejects } from '../rejects-file.ts'
import { noteRejectsFolders, type Publication } from './publication.ts'
import { publishTarget, type Places, type Placing } from './place-targets.ts'

/**
 * Places a target that only this run can place: what is wrong with its staged file or its place fails it, and leaves nothing of it.
 * @param mayHaveStaleRejects whether a file without rejects may have some of an earlier run, which must go.
 */
export async function placeOwn(
  publication: Publication,
  { held, session }: Places,
  { access }: Placing,
  mayHaveStaleRejects: boolean,
): Promise<void> {
  const { file } = publication
  const { source, stagedRejects } = file
  const { paths, isDurable } = access
  const rejects = { paths, session, isDurable }
  if (stagedRejects !== null) {
    noteRejectsFolders(publication, await placeRejects(rejects, source, stagedRejects))
  } else if (mayHaveStaleRejects) {
    noteRejectsFolders(publication, await removeRejects(rejects, source))
  }
  try {
    const publishing = publishTarget(file, held, access)
    if (publishing !== undefined) await publishing
  } catch (error) {
    // Rejects without their target would tell of records of a file that is not done.
    if (stagedRejects !== null) await removeRejects(rejects, source)
    throw error
  }
}

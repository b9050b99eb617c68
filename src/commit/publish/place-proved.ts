import { MigrationError } from '../../errors/migration-error.ts'
import { nameOf } from '../../model/paths/path-inside.ts'
import type { PublishingSession } from '../../storage/target-storage.ts'
import { placeRejects } from '../rejects-file.ts'
import { holdTargetFolder, publishTarget, type Places, type Placing } from './place-targets.ts'
import type { Publication } from './publication.ts'
import type { StagedTarget } from './staged-target.ts'

/**
 * Places a target that a record proves. May be done by anybody, any number of times: who is late finds no staged file, or the target in its
 * place. A folder that was there and is gone is made again.
 * @throws MigrationError COMMIT_VOID where neither the staged file nor the recorded target is there, TARGET_EXISTS, TARGET_LINK and
 * TARGET_NOT_A_FOLDER for what is not ours, errors of the system.
 */
export async function placeProved({ file }: Publication, places: Places, placing: Placing): Promise<void> {
  try {
    await placeOnce(file, places, placing)
  } catch (error) {
    if (!isOfGoneFolder(error)) throw error
    // Somebody took the folder away while it was held. Another placer may have made it again, and put the target into that one.
    const held = await holdTargetFolder(places.folder, { ...placing, session: places.session })
    try {
      await placeOnce(file, { ...places, held }, placing)
    } finally {
      held.release()
    }
  }
}

function isOfGoneFolder(error: unknown): boolean {
  return ['ENOENT', 'COMMIT_VOID'].includes((error as NodeJS.ErrnoException).code ?? '')
}

async function placeOnce(file: StagedTarget, { held, session }: Places, { access, changed }: Placing): Promise<void> {
  const { source, target, stagedTarget, stagedRejects } = file
  const { paths, isDurable } = access
  if (stagedRejects !== null) {
    try {
      const folders = await placeRejects({ paths, session, isDurable }, source, stagedRejects)
      for (const folder of folders) changed.add(folder)
    } catch (error) {
      // They are in their place already.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
  const name = nameOf(target)
  try {
    const publishing = publishTarget(file, held, access)
    if (publishing !== undefined) await publishing
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'TARGET_EXISTS' && (await held.holds(name, file))) await session.dropStaged(stagedTarget)
    else if (code !== 'ENOENT' || (await isStaged(stagedTarget, session))) throw error
    else if (!(await held.holds(name, file))) throw voidCommit(target)
  }
}

/** The folder that it was in may be gone with it. */
async function isStaged(stagedTarget: string, session: PublishingSession): Promise<boolean> {
  try {
    return await session.hasStaged(stagedTarget)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

function voidCommit(target: string): MigrationError {
  return new MigrationError('COMMIT_VOID', `the target ${target} is gone, and so is its staged file`, {
    phase: 'commit',
    hint: 'something else removed it; it is made again',
    position: { file: target },
  })
}

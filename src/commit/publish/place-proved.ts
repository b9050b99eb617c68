import { closeSync, createReadStream, constants, fstatSync, lstatSync, openSync } from 'node:fs'
import { unlink } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { MigrationError } from '../../errors/migration-error.ts'
import { placeRejects } from '../rejects-file.ts'
import { holdTargetFolder, type Places, type Placing } from './place-targets.ts'
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
    const held = await holdTargetFolder(places.folder, placing.access, placing.changed)
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

async function placeOnce(file: StagedTarget, { held, staged }: Places, { access, changed }: Placing): Promise<void> {
  const { source, target, seen, stagedRejects } = file
  if (stagedRejects !== null) {
    try {
      for (const folder of await placeRejects(access, source, staged.pathOf(stagedRejects))) changed.add(folder)
    } catch (error) {
      // They are in their place already.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
  const path = `${held.path}/${target.slice(target.lastIndexOf('/') + 1)}`
  const shown = `${access.paths.targetRoot}/${target}`
  let stagedPath: string | null = null
  try {
    stagedPath = staged.pathOf(file.stagedTarget)
    const answer = access.placer.place(stagedPath, { path, shown, seen })
    if (answer !== undefined) await answer
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'TARGET_EXISTS' && stagedPath !== null && (await isProvedTarget(path, file))) {
      await unlink(stagedPath).catch(() => undefined)
    } else if (code !== 'ENOENT' || isThere(stagedPath)) throw error
    else if (!(await isProvedTarget(path, file))) throw voidCommit(target)
  }
}

function isThere(stagedPath: string | null): boolean {
  return stagedPath !== null && lstatSync(stagedPath, { throwIfNoEntry: false }) !== undefined
}

/** Whether the target is in its place. A link there is not followed, a FIFO not waited for. */
async function isProvedTarget(path: string, { targetBytes, targetHash }: StagedTarget): Promise<boolean> {
  let descriptor: number
  try {
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0))
  } catch {
    return false
  }
  try {
    const stat = fstatSync(descriptor)
    if (!stat.isFile() || stat.size !== targetBytes) return false
    let hash = 0
    for await (const chunk of createReadStream(path, { fd: descriptor, autoClose: false }))
      hash = crc32(chunk as Buffer, hash)
    return hash === targetHash
  } finally {
    closeSync(descriptor)
  }
}

function voidCommit(target: string): MigrationError {
  return new MigrationError('COMMIT_VOID', `the target ${target} is gone, and so is its staged file`, {
    phase: 'commit',
    hint: 'something else removed it; it is made again',
    position: { file: target },
  })
}

import type { FileWork } from '../file-work.ts'
import { PRIVATE_FILE_MODE } from '../../model/paths/file-modes.ts'
import type { SharedOutputs } from '../../storage/output-storage.ts'
import { PositionedFile } from '../../write/positioned-file.ts'
import type { SplitBoard } from './split-board.ts'

/*
 * The files that the threads of a split file share. Each is made once, never over anything, and whoever made it tells the others on the board
 * which file it is: what has its path by then, if a folder on the way was exchanged, is neither written to nor removed.
 */

/** Whether threads can share a file: those that wait for each other cannot wait for a storage. */
export function canShare({ file, context }: FileWork): boolean {
  return context.sourcesAt(file.sourcePath).isSynchronous && context.targets.of(file).shared !== null
}

/** Makes the target, as the leader does before anybody else comes. */
export function makeSplitTarget(work: FileWork, board: SplitBoard, mode: number): PositionedFile {
  const target = openPaced(work, (outputs) => outputs.create(work.file.stagedTarget, mode))
  board.tellMade('target', target.identity)
  return target
}

/** Opens the target that the leader has made. @throws as SharedOutputs. */
export function openSplitTarget(work: FileWork, board: SplitBoard): PositionedFile {
  const made = board.made('target')
  if (made === null) throw new Error('the target of a split file is opened before it is made')
  return openPaced(work, (outputs) => outputs.open(work.file.stagedTarget, made))
}

/** Opens the rejects file, or makes it. Only in the turn of a block: two threads would make two. @throws as SharedOutputs. */
export function openSplitRejects(work: FileWork, board: SplitBoard): PositionedFile {
  const { stagedRejects } = work.file
  const made = board.made('rejects')
  if (made !== null) return openPaced(work, (outputs) => outputs.open(stagedRejects, made))
  const rejects = openPaced(work, (outputs) => outputs.create(stagedRejects, PRIVATE_FILE_MODE))
  board.tellMade('rejects', rejects.identity)
  return rejects
}

/** Removes what was made. Never throws: it runs where something else went wrong already. */
export function removeSplitFiles(work: FileWork, board: SplitBoard): void {
  const { stagedTarget, stagedRejects } = work.file
  const [target, rejects] = [board.made('target'), board.made('rejects')]
  if (target !== null) sharedOf(work).remove(stagedTarget, target)
  if (rejects !== null) sharedOf(work).remove(stagedRejects, rejects)
}

function openPaced(
  work: FileWork,
  open: (outputs: SharedOutputs) => ReturnType<SharedOutputs['open']>,
): PositionedFile {
  const pace = work.context.pace?.wait
  pace?.(0)
  return new PositionedFile(open(sharedOf(work)), pace)
}

function sharedOf({ file, context }: FileWork): SharedOutputs {
  const { shared } = context.targets.of(file)
  if (shared === null) throw new Error('a file is split whose target cannot be shared')
  return shared
}

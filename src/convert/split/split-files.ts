import type { FileWork } from '../file-work.ts'
import { PRIVATE_FILE_MODE } from '../../model/paths/file-modes.ts'
import { removeMade } from '../../storage/local/made-file.ts'
import { PositionedFile } from '../../write/positioned-file.ts'
import type { SplitBoard } from './split-board.ts'

/*
 * The files that the threads of a split file share. Each is made once, never over anything, and whoever made it tells the others on the board
 * which file it is: what has its path by then, if a folder on the way was exchanged, is neither written to nor removed.
 */

/** Makes the target, as the leader does before anybody else comes. */
export function makeSplitTarget({ file, context }: FileWork, board: SplitBoard, mode: number): PositionedFile {
  const target = PositionedFile.create(file.stagedTarget, mode, context.pace?.wait)
  board.tellMade('target', target.identity)
  return target
}

/** Opens the target that the leader has made. @throws as PositionedFile. */
export function openSplitTarget({ file, context }: FileWork, board: SplitBoard): PositionedFile {
  const made = board.made('target')
  if (made === null) throw new Error('the target of a split file is opened before it is made')
  return PositionedFile.open(file.stagedTarget, made, context.pace?.wait)
}

/** Opens the rejects file, or makes it. Only in the turn of a block: two threads would make two. @throws as PositionedFile and GuardedTree. */
export function openSplitRejects({ file, context }: FileWork, board: SplitBoard): PositionedFile {
  const pace = context.pace?.wait
  const made = board.made('rejects')
  if (made !== null) return PositionedFile.open(file.stagedRejects, made, pace)
  context.staged?.requireFolders(file)
  const rejects = PositionedFile.create(file.stagedRejects, PRIVATE_FILE_MODE, pace)
  board.tellMade('rejects', rejects.identity)
  return rejects
}

/** Removes what was made. Never throws: it runs where something else went wrong already. */
export function removeSplitFiles({ file }: FileWork, board: SplitBoard): void {
  const [target, rejects] = [board.made('target'), board.made('rejects')]
  if (target !== null) removeMade(file.stagedTarget, target)
  if (rejects !== null) removeMade(file.stagedRejects, rejects)
}

import { andThen, recovering, type Answer } from './answer.ts'
import type { TreeFiles } from './tree-files.ts'

/** Whether anything is at a path of a tree. What cannot be looked at is not there either. */
export function isThere(tree: Pick<TreeFiles, 'look'>, path: string): Answer<boolean> {
  return recovering(
    () => andThen(tree.look(path), (entry) => entry !== null),
    () => false,
  )
}

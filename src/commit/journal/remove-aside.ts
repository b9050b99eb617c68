import { join } from 'node:path'
import type { TreeFiles } from '../../storage/tree-files.ts'
import type { AssertOwned } from '../lock/lock.ts'
import { runIdOf } from '../run-id.ts'

/**
 * Removes what runs left in a folder of the bookkeeping that were killed while they wrote aside. Only where nobody can be writing there.
 * @param suffix of what is written aside. @throws LOCK_LOST; errors of the system.
 */
export async function removeAside(
  tree: TreeFiles,
  folder: string,
  suffix: string,
  assertOwned: AssertOwned,
): Promise<void> {
  for (const name of await tree.list(folder)) {
    // What has another name than that of a run is not ours.
    if (!name.endsWith(suffix) || runIdOf(name) === null) continue
    await assertOwned()
    await tree.removeFile(join(folder, name))
  }
}

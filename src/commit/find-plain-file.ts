import { MigrationError } from '../errors/migration-error.ts'
import type { TreeFileHead, TreeFiles } from '../storage/tree-files.ts'

/** A regular file that can be reached without a link; null where there is none, or anything else. @throws errors of the system. */
export async function findPlainFile(tree: TreeFiles, path: string): Promise<TreeFileHead | null> {
  try {
    return await tree.headOf(path)
  } catch (error) {
    if (error instanceof MigrationError) return null
    throw error
  }
}

import { linkSync, renameSync, unlinkSync } from 'node:fs'
import fs from 'node:fs/promises'
import type { TreeFileSystem } from './tree-file-system.ts'

/** The calls that change a tree, also for those who make targets visible, which is often cheapest at once (target-placer.ts). */
export type PlacingFileSystem = TreeFileSystem &
  Pick<typeof fs, 'link'> & {
    readonly linkSync: typeof linkSync
    readonly renameSync: typeof renameSync
    readonly unlinkSync: typeof unlinkSync
  }

/** The calls of the system itself. */
export const realFileSystem: PlacingFileSystem = { ...fs, linkSync, renameSync, unlinkSync }

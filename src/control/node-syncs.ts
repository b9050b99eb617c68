import { bookkeepingPaths } from '../commit/bookkeeping-paths.ts'
import { SyncShell, WholeSync } from '../commit/whole-sync.ts'

interface TreeSync {
  readonly shell: SyncShell
  readonly wholeSync: WholeSync
  users: number
}

/**
 * What a node syncs the file systems of target trees with: one for a tree, shared by the shards that are in work. So its shell and the look
 * whether it can be trusted are paid once, and a sync that failed by the files of one shard is not taken for a success by the other.
 */
export class NodeSyncs {
  private readonly trees = new Map<string, TreeSync>()

  /** @returns what a shard syncs with, and what to call when it has ended. */
  take(targetRoot: string): { readonly wholeSync: WholeSync; readonly giveBack: () => void } {
    const tree = this.trees.get(targetRoot) ?? openTree(targetRoot)
    this.trees.set(targetRoot, tree)
    tree.users++
    return {
      wholeSync: tree.wholeSync,
      giveBack: () => {
        if (--tree.users > 0) return
        tree.shell.close()
        this.trees.delete(targetRoot)
      },
    }
  }
}

function openTree(targetRoot: string): TreeSync {
  const shell = new SyncShell(bookkeepingPaths(targetRoot).staged)
  return { shell, wholeSync: new WholeSync(shell.run), users: 0 }
}

import { setTimeout as sleep } from 'node:timers/promises'
import { bookkeepingPaths } from '../../commit/bookkeeping-paths.ts'
import { folderModesOf } from '../../storage/folder-modes.ts'
import { acquireLock, type LockHandle } from '../../commit/lock/lock.ts'
import { describeOwner, readLockOwner } from '../../commit/lock/lock-file.ts'
import { MigrationError } from '../../errors/migration-error.ts'
import type { MigrateHooks } from '../../model/events.ts'
import type { Plan } from '../plan/make-plan.ts'

const FOLLOW_MS = 1000

/**
 * The lock of the target tree. While another coordinator of the same plan has it, this one waits to take its place.
 * @throws MigrationError RUN_ACTIVE where a run with another plan has it.
 */
export async function lockOrFollow(plan: Plan, hooks: MigrateHooks): Promise<LockHandle> {
  for (let isTold = false; ; isTold = true) {
    try {
      return await acquireLock({
        targetRoot: plan.targetRoot,
        manifestHash: plan.manifestHash,
        forceUnlock: plan.options.unlock,
        isDurable: plan.options.fsync,
        rootMode: await folderModesOf(plan.discovery.root, plan.targetRoot)(plan.targetRoot),
        ...(hooks.signal === undefined ? {} : { signal: hooks.signal }),
      })
    } catch (error) {
      if (!(error instanceof MigrationError) || error.code !== 'RUN_ACTIVE') throw error
      const paths = bookkeepingPaths(plan.targetRoot)
      const owner = await readLockOwner(paths, paths.lock)
      if (owner !== null && owner.manifestHash !== plan.manifestHash) throw error
      if (!isTold && owner !== null) {
        const message = `another coordinator, ${describeOwner(owner)}, has this plan in hand: waiting, to go on if it dies`
        hooks.onEvent?.({ type: 'warning', code: 'RUN_ACTIVE', message })
      }
      await sleep(FOLLOW_MS, undefined, hooks.signal === undefined ? {} : { signal: hooks.signal })
    }
  }
}

import { closeLeftGenerations } from './commit/records/close-generation.ts'
import { collectStaged } from './commit/staging/collect-staged.ts'
import { joinLock } from './commit/lock/join-lock.ts'
import { describeOwner } from './commit/lock/lock-file.ts'
import { folderModesOf } from './storage/folder-modes.ts'
import { acquireLock, type LockHandle, type LockOptions } from './commit/lock/lock.ts'
import { findRemainder } from './control/plan/find-remainder.ts'
import { withGuardedHooks } from './control/guard-hooks.ts'
import { loadFormatsOf } from './control/load-formats-of.ts'
import { makePlan, resolveOptions, type Plan } from './control/plan/make-plan.ts'
import { Recording } from './control/recording.ts'
import { Run } from './control/run.ts'
import { removeOldReports } from './control/shards/shard-report.ts'
import { fromWireError, MigrationError, toWireError } from './errors/migration-error.ts'
import { printableName } from './errors/printable-name.ts'
import type { MigrateHooks } from './model/events.ts'
import type { MigrateOptions, ResolvedOptions } from './options/options.ts'
import type { Report } from './model/report.ts'
import { startClock, type Clock } from './report/clock.ts'

/**
 * Converts a tree of files: discover, plan, lock, convert, commit, report. Running it again with the same options resumes.
 * Installs no signal handlers and never ends the process.
 * @returns the report, also when files failed or the signal stopped the run.
 * @throws MigrationError only for wrong use, a missing source, an impossible plan, a target tree that cannot be used (another run owns
 * it, or its bookkeeping cannot be read or written), where no thread can be started, and HOOK_FAILED, with its error as cause, for a
 * hook that throws.
 */
export async function migrate(options: MigrateOptions, hooks: MigrateHooks = {}): Promise<Report> {
  return withGuardedHooks(hooks, (guarded) => migrateWith(options, guarded))
}

async function migrateWith(options: MigrateOptions, hooks: MigrateHooks): Promise<Report> {
  const clock = startClock()
  await loadFormatsOf(options)
  const settings = resolveOptions(options)
  const plan = await makePlan(settings, hooks)
  refuseEmpty(plan, settings)
  const recording = new Recording(settings)

  try {
    return await runLocked(plan, hooks, clock, recording)
  } catch (error) {
    throw error instanceof MigrationError ? error : describeUnusable(error, plan.targetRoot)
  }
}

async function runLocked(plan: Plan, hooks: MigrateHooks, clock: Clock, recording: Recording): Promise<Report> {
  const lock = await lockTarget(plan, hooks)
  try {
    const remainder = await findRemainder(plan)
    const run = new Run({ plan, remainder, lock, hooks, clock, recording })
    const stopped = await run.execute()
    const report = run.report(stopped)
    await run.saveShardReport(report)
    return report
  } finally {
    // Where the run ended before its first file, its trace is empty, but whole.
    await recording.finish((index) => plan.discovery.files.path(index))
    await lock.release()
  }
}

/** Owns the target tree, alone or together with other shards, and removes what dead runs left staged. */
async function lockTarget(plan: Plan, hooks: MigrateHooks): Promise<LockHandle> {
  const { targetRoot, shard } = plan
  const options = await lockOptions(plan, hooks)
  const { isDurable } = options
  if (shard !== null) {
    return joinLock({
      ...options,
      division: countOf(shard.count),
      part: `shard ${shard.index}`,
      onJoined: async (runId, others, assertOwned) => {
        await closeLeftGenerations(targetRoot, { isDurable, assertOwned })
        await collectStaged({ targetRoot, liveRunId: runId, others, assertOwned })
        await removeOldReports(plan, shard)
      },
    })
  }
  const lock = await acquireLock(options)
  const assertOwned = (): Promise<void> => lock.assertOwned()
  try {
    await closeLeftGenerations(targetRoot, { isDurable, assertOwned })
    await collectStaged({ targetRoot, liveRunId: lock.runId, assertOwned })
    return lock
  } catch (error) {
    await lock.release()
    throw error
  }
}

function countOf(shards: number): string {
  return shards === 1 ? '1 shard' : `${shards} shards`
}

async function lockOptions(plan: Plan, hooks: MigrateHooks): Promise<LockOptions> {
  return {
    targetRoot: plan.targetRoot,
    manifestHash: plan.manifestHash,
    forceUnlock: plan.options.unlock,
    isDurable: plan.options.fsync,
    rootMode: await folderModesOf(plan.discovery.root, plan.targetRoot)(plan.targetRoot),
    ...(hooks.signal === undefined ? {} : { signal: hooks.signal }),
    onWaiting: (owner) =>
      hooks.onEvent?.({
        type: 'warning',
        code: 'RUN_ACTIVE',
        message: `waiting for a sign of life of ${describeOwner(owner)}, which owns the target tree`,
      }),
  }
}

/** A disk that fails where the run keeps its bookkeeping: no file is to blame, and none can be proved done. */
function describeUnusable(error: unknown, targetRoot: string): MigrationError {
  const wire = toWireError(error, { phase: 'lock', file: targetRoot })
  if (wire.code === 'UNEXPECTED') return fromWireError(wire)
  const path = (error as { path?: string }).path ?? targetRoot
  const message = `the target tree cannot be used: ${wire.message}: ${printableName(path)}`
  return new MigrationError(wire.code, message, { ...wire, cause: error })
}

function refuseEmpty(plan: Plan, options: ResolvedOptions): void {
  const { files, failed } = plan.discovery
  if (!options.errorOnEmpty || (plan.shard?.treeFiles ?? files.length + failed.length) > 0) return
  throw new MigrationError('EMPTY_SOURCE', 'the source tree holds nothing to convert', {
    phase: 'plan',
    hint: 'check --in and the filters, or leave out --error-on-empty',
  })
}

import { isAsProved } from '../../commit/prune-orphans.ts'
import { filesToConvert, findRemainder, type Remainder } from './find-remainder.ts'
import { makeExecutor } from '../make-executor.ts'
import { loadFormatsOf } from '../load-formats-of.ts'
import { makePlan, describeTier, resolveOptions, type Plan } from './make-plan.ts'
import type { MigrateHooks } from '../../model/events.ts'
import type { MigrateOptions } from '../../options/options.ts'
import type { PlannedFile, PlanReport } from '../../model/report.ts'
import { spacePreflight } from '../../plan/space-preflight.ts'
import { openTargetStorage } from '../../storage/storages.ts'
import { withGuardedHooks } from '../guard-hooks.ts'
import { SHOWN_ORPHANS } from '../build-report.ts'
import { samplePlan } from '../sample-plan.ts'
import { findSplitFiles } from '../../run/split-files.ts'
import { orderFiles } from '../../schedule/batch-files.ts'

/**
 * Works out what a run with the same options would do, and writes nothing: each file with its target and the reason why it would be
 * converted, and how long it would take by a measured sample.
 * @throws MigrationError for wrong use, a missing source, a plan that is impossible, or a hook that throws.
 */
export async function plan(options: MigrateOptions, hooks: MigrateHooks = {}): Promise<PlanReport> {
  return withGuardedHooks(hooks, (guarded) => planWith(options, guarded))
}

async function planWith(options: MigrateOptions, hooks: MigrateHooks): Promise<PlanReport> {
  await loadFormatsOf(options)
  const made = await makePlan(resolveOptions(options), hooks)
  const remainder = await findRemainder(made)
  const orphans = await orphansOf(made, remainder)
  const indexes = filesToConvert(made, remainder)
  const { files, failed, skipped, filteredOut, root } = made.discovery
  const bytesToConvert = files.sumBytes(indexes)
  const splits = findSplitFiles(made, orderFiles(files, indexes, made.options.orderBy))
  const { prediction, expansion } = await predict(made, indexes, splits.size > 0)
  const spaceWarning = await spacePreflight(openTargetStorage(made.targetRoot), bytesToConvert, expansion)
  return {
    sourceRoot: root,
    targetRoot: made.targetRoot,
    targetFormat: made.targetFormat,
    isTargetFormatDefault: made.isTargetFormatDefault,
    engine: made.data.engine,
    threads: made.threads,
    planHash: made.planHash,
    manifestHash: made.manifestHash,
    shard: made.shard,
    files: listFiles(made, remainder, splits),
    fileCount: files.length,
    toConvert: indexes.length,
    alreadyDone: files.length - indexes.length,
    sourceBytes: files.sumBytes(),
    bytesToConvert,
    failures: failed,
    skipped: { ...skipped, filteredOut },
    warnings: [
      ...remainder.bookkeeping.warnings,
      ...(made.threadWarning === null ? [] : [{ code: 'THREADS_LOWERED', message: made.threadWarning }]),
      ...(spaceWarning === null ? [] : [{ code: 'NO_SPACE_LIKELY', message: spaceWarning }]),
    ],
    orphans: {
      count: orphans.length,
      examples: made.options.prune ? orphans : orphans.slice(0, SHOWN_ORPHANS),
      wouldBePruned: made.options.prune,
    },
    prediction,
  }
}

/** With `--prune`, only those that it would remove. */
async function orphansOf({ options, targetRoot }: Plan, { decision }: Remainder): Promise<string[]> {
  const targets: string[] = []
  for (const orphan of decision.orphans) {
    if (!options.prune || (await isAsProved(targetRoot, orphan))) targets.push(orphan.target)
  }
  return targets
}

function listFiles(made: Plan, { decision }: Remainder, splits: ReadonlySet<number>): Iterable<PlannedFile> {
  const { files } = made.discovery
  return {
    *[Symbol.iterator]() {
      for (let index = 0; index < files.length; index++) {
        yield {
          source: files.path(index),
          target: made.targets.path(index),
          format: files.format(index),
          sizeBytes: files.sizeBytes(index),
          tier: describeTier(made, files.format(index), splits.has(index)),
          reason: decision.reason(index) ?? 'done',
        }
      }
    },
  }
}

async function predict(
  made: Plan,
  indexes: Uint32Array,
  hasSplits: boolean,
): Promise<{ readonly prediction: PlanReport['prediction']; readonly expansion: number }> {
  const bytesToConvert = made.discovery.files.sumBytes(indexes)
  if (bytesToConvert === 0) return { prediction: null, expansion: 1 }
  const pool = await makeExecutor(made, { threads: 1 })
  try {
    const sample = await samplePlan(made, indexes, pool)
    if (!sample) return { prediction: null, expansion: 1 }
    const threads = hasSplits ? made.threads : Math.min(made.threads, indexes.length)
    const bytesPerSecond = sample.bytesPerSecond * threads
    const prediction = {
      seconds: bytesToConvert / bytesPerSecond,
      targetBytes: Math.round(bytesToConvert * sample.expansion),
      megabytesPerSecond: bytesPerSecond / 1e6,
    }
    return { prediction, expansion: sample.expansion }
  } finally {
    await pool.destroy()
  }
}

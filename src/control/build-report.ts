import { bookkeepingPaths } from '../commit/bookkeeping-paths.ts'
import type { ClusterFigures, Report } from '../model/report.ts'
import { printableName } from '../errors/printable-name.ts'
import type { Clock } from '../report/clock.ts'
import { readCpuModel } from '../report/cpu-model.ts'
import { readDroverVersion } from '../report/drover-version.ts'
import { computeRates } from '../report/rates.ts'
import { warnOfUnseen, type RunTally } from '../report/run-tally.ts'
import type { Remainder } from './plan/find-remainder.ts'
import type { Plan } from './plan/make-plan.ts'
import { describeShard } from './shards/shard-report.ts'
import type { TargetLedger } from './target-ledger.ts'

/** Causes of rejects that a report names. */
const SHOWN_ADVICE = 10

/** What rejects probably come from, the most frequent first; the same whatever order the files ended in. */
function describeAdvice({ advice }: RunTally, pathOf: (index: number) => string): Report['warnings'] {
  return [...advice]
    .sort(([, a], [, b]) => b.files - a.files || a.example - b.example)
    .slice(0, SHOWN_ADVICE)
    .map(([text, { files, example }]) => {
      const others = files === 1 ? '' : ` and ${files - 1} more with rejects`
      return { code: 'LIKELY_CAUSE', message: `${printableName(pathOf(example))}${others}: ${text}` }
    })
}

/** Orphans that a report names; it counts all. */
export const SHOWN_ORPHANS = 10

interface RunState {
  readonly plan: Plan
  readonly remainder: Remainder
  readonly runId: string
  readonly tally: RunTally
  readonly ledger: TargetLedger
  readonly splitFiles: number
  readonly warnings: Report['warnings']
  /** Orphans that were removed; null: none was to be. */
  readonly pruned: readonly string[] | null
  readonly clock: Clock
  readonly measured: Report['measured']
  readonly stopped: Report['stopped']
  readonly cluster?: ClusterFigures | null
}

/** The report of a run, from what its parts have counted. */
export function buildReport(run: RunState): Report {
  const { plan, tally, ledger } = run
  const { discovery, options } = plan
  const orphans = run.pruned ?? run.remainder.decision.orphans.map(({ target }) => target)
  const done = run.remainder.decision.totals()
  const time = run.clock.read()
  const total = discovery.files.length + discovery.failed.length
  const isWhole = ledger.isComplete && discovery.failed.length === 0 && plan.shard === null
  return {
    reportVersion: 1,
    droverVersion: readDroverVersion(),
    runId: run.runId,
    startedAt: run.clock.startedAt,
    cpu: readCpuModel(),
    sourceRoot: discovery.root,
    targetRoot: plan.targetRoot,
    targetFormat: plan.targetFormat,
    isTargetFormatDefault: plan.isTargetFormatDefault,
    engine: plan.data.engine,
    threads: run.measured?.tuning?.chosen ?? plan.threads,
    isDurable: options.fsync,
    planHash: plan.planHash,
    manifestHash: plan.manifestHash,
    treeHash: isWhole ? ledger.treeHash() : null,
    shard: plan.shard === null ? null : describeShard(plan, plan.shard, ledger),
    merged: null,
    files: {
      total,
      converted: tally.converted,
      alreadyDone: done.fileCount,
      failed: tally.failures.length,
      notStarted: total - tally.converted - done.fileCount - tally.failures.length,
    },
    splitFiles: run.splitFiles,
    skipped: { ...discovery.skipped, filteredOut: discovery.filteredOut },
    ...countsOf(tally),
    standingRejects: {
      files: done.filesWithRejects + tally.filesWithRejects,
      records: done.records.rejected + tally.records.rejected,
    },
    rejectsFolder: bookkeepingPaths(plan.targetRoot).rejects,
    time,
    rates: computeRates(tally.sourceBytes, tally.records.read, time.realMs),
    measured: run.measured,
    cluster: run.cluster ?? null,
    warnings: [
      ...run.warnings,
      // Of a part nobody can say what the others have.
      ...(plan.shard !== null ? [] : warnOfUnseen(tally.unseenColumns)),
      ...describeAdvice(tally, (index) => discovery.files.path(index)),
    ],
    orphans: {
      count: orphans.length,
      examples: orphans.slice(0, SHOWN_ORPHANS),
      arePruned: run.pruned !== null,
    },
    stopped: run.stopped,
  }
}

type Counts = Pick<
  Report,
  'records' | 'notices' | 'rejectCodes' | 'unseenColumns' | 'sourceBytes' | 'targetBytes' | 'stageNs' | 'failures'
>

/** What the tally holds as the report has it. */
function countsOf({ records, notices, rejectCodes, unseenColumns, ...sums }: RunTally): Counts {
  return {
    records,
    notices,
    rejectCodes: Object.fromEntries(rejectCodes),
    unseenColumns: unseenColumns === null ? null : [...unseenColumns],
    sourceBytes: sums.sourceBytes,
    targetBytes: sums.targetBytes,
    stageNs: sums.stageNs,
    failures: sums.failures,
  }
}

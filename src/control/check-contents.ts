import { bookkeepingPaths } from '../commit/bookkeeping-paths.ts'
import { findRejects } from '../commit/rejects-file.ts'
import type { ResumeDecision, RunReason } from '../plan/resume-decision.ts'
import type { Executor } from '../schedule/executor.ts'
import type { Plan } from './plan/make-plan.ts'

/** Files that a thread hashes at a time. */
const FILES_PER_TASK = 32

/** Sources that were read and are as they were when their targets were made, as far as that can be told: no sum was known yet. */
export type NewSums = ReadonlyMap<number, number>

/** Whether anything must be read before it is known which files are done. */
export function needsContents({ options }: Plan, decision: ResumeDecision): boolean {
  return options.checksum || decision.doubtful.size > 0
}

/**
 * `--checksum`: hashes the sources, targets and rejects of all files that seem done, and lets those run whose content is not what was
 * proved. Without it, only the targets and rejects of those whose proof is in doubt.
 * @returns the sums of sources that were converted without `--checksum`: there is nothing to compare them with.
 */
export async function checkContents(plan: Plan, decision: ResumeDecision, pool: Executor): Promise<NewSums> {
  const done = filesToCheck(plan, decision)
  const groups: number[][] = []
  for (let start = 0; start < done.length; start += FILES_PER_TASK)
    groups.push(done.slice(start, start + FILES_PER_TASK))
  const newSums = new Map<number, number>()
  const waiting = groups.values()
  const lanes = Array.from({ length: plan.threads * 2 }, async () => {
    for (const group of waiting) await checkGroup(group, plan, decision, pool, newSums)
  })
  await Promise.all(lanes)
  decision.settleDoubt()
  return newSums
}

function filesToCheck(plan: Plan, decision: ResumeDecision): number[] {
  if (!plan.options.checksum) return [...decision.doubtful].filter((index) => decision.reason(index) === null)
  const done: number[] = []
  for (let index = 0; index < plan.discovery.files.length; index++) {
    if (decision.reason(index) === null) done.push(index)
  }
  return done
}

async function checkGroup(
  indexes: readonly number[],
  plan: Plan,
  decision: ResumeDecision,
  pool: Executor,
  newSums: Map<number, number>,
): Promise<void> {
  const { files, root } = plan.discovery
  const paths = bookkeepingPaths(plan.targetRoot)
  const asked = new Map<string, number>()
  const ask = (path: string): string => {
    if (!asked.has(path)) asked.set(path, asked.size)
    return path
  }
  const wanted: { index: number; target: string; source: string | null; rejects: string | null }[] = []
  for (const index of indexes) {
    const { rejectsHash } = decision.done(index)
    wanted.push({
      index,
      target: ask(`${plan.targetRoot}/${plan.targets.path(index)}`),
      source: plan.options.checksum ? ask(`${root}/${files.path(index)}`) : null,
      rejects: rejectsHash === null ? null : ask(await findRejects(paths, files.path(index))),
    })
  }
  const result = await pool.run({ kind: 'hash', paths: [...asked.keys()] })
  if (result.kind !== 'hash') throw new Error(`a hash task was answered with ${result.kind}`)
  const hashOf = (path: string): number | null => result.hashes[asked.get(path) ?? -1] ?? null
  for (const { index, target, source, rejects } of wanted) {
    const proved = decision.done(index)
    const sourceHash = source === null ? null : hashOf(source)
    const reason = compare(proved, {
      target: hashOf(target),
      source: source === null ? proved.sourceHash : sourceHash,
      rejects: rejects === null ? null : hashOf(rejects),
    })
    if (reason !== null) decision.rerun(index, reason)
    else if (proved.sourceHash === null && sourceHash !== null) newSums.set(index, sourceHash)
  }
}

interface Sums {
  readonly target: number | null
  readonly source: number | null
  readonly rejects: number | null
}

function compare(proved: ReturnType<ResumeDecision['done']>, found: Sums): RunReason | null {
  if (found.target !== proved.targetHash) return 'target content differs'
  if (proved.sourceHash !== null && found.source !== proved.sourceHash) return 'source content differs'
  return found.rejects === proved.rejectsHash ? null : 'rejects differ'
}

/** Threads for `--checksum`, which looks at all files before any is converted. */
export function threadsToHash({ threads, discovery }: Plan): number {
  return Math.max(1, Math.min(threads, Math.ceil(discovery.files.length / FILES_PER_TASK)))
}

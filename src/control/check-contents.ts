import type { ResumeDecision } from '../plan/resume-decision.ts'
import type { Executor } from '../schedule/executor.ts'
import type { Plan } from './make-plan.ts'

/** Files that a thread hashes at a time. */
export const FILES_PER_TASK = 32

/**
 * `--checksum`: hashes the sources and targets of all files that seem done, and lets those run whose content is not what was
 * proved. A source that was converted without `--checksum` has no hash to compare; its size and time then have to do.
 */
export async function checkContents(plan: Plan, decision: ResumeDecision, pool: Executor): Promise<void> {
  const { files, root } = plan.discovery
  const done: number[] = []
  for (let index = 0; index < files.length; index++) if (decision.reason(index) === null) done.push(index)
  const groups: number[][] = []
  for (let start = 0; start < done.length; start += FILES_PER_TASK)
    groups.push(done.slice(start, start + FILES_PER_TASK))

  const checkGroup = async (indexes: readonly number[]): Promise<void> => {
    const paths = indexes.flatMap((index) => [
      `${plan.targetRoot}/${plan.targets.path(index)}`,
      `${root}/${files.path(index)}`,
    ])
    const result = await pool.run({ kind: 'hash', paths })
    if (result.kind !== 'hash') throw new Error(`a hash task was answered with ${result.kind}`)
    indexes.forEach((index, position) => {
      const proved = decision.done(index)
      const sourceHash = result.hashes[2 * position + 1]
      if (result.hashes[2 * position] !== proved.targetHash) decision.rerun(index, 'target content differs')
      else if (proved.sourceHash !== null && sourceHash !== proved.sourceHash) {
        decision.rerun(index, 'source content differs')
      }
    })
  }

  const waiting = groups.values()
  const lanes = Array.from({ length: plan.threads * 2 }, async () => {
    for (const group of waiting) await checkGroup(group)
  })
  await Promise.all(lanes)
}

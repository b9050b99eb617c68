import type { RecordBatch } from '../batch/record-batch.ts'
import { MigrationError } from '../errors/migration-error.ts'
import type { DataPlan } from '../model/data-plan.ts'
import type { RejectWriter } from '../write/reject-writer.ts'

/** @throws MigrationError TOO_MANY_REJECTS where more records are rejected than `--max-rejects N` allows. */
export function failOnTooManyRejects(plan: Pick<DataPlan, 'maxRejects'>, rejected: number): void {
  if (plan.maxRejects && 'count' in plan.maxRejects && rejected > plan.maxRejects.count) {
    throw tooManyRejects(`more than ${plan.maxRejects.count} records are rejected`, '--max-rejects allows more')
  }
}

/**
 * Parses into a batch and judges what the reader refuses of it at once. Rejects that stand before what is fatal count first: so the code of a
 * file with both depends on neither chunks nor blocks.
 * @param refusedBefore records that the reader has refused before this batch.
 * @throws MigrationError TOO_MANY_REJECTS, or what `parse` throws.
 */
export function parseJudged<Result>(
  plan: Pick<DataPlan, 'maxRejects'>,
  batch: RecordBatch,
  refusedBefore: number,
  parse: () => Result,
): Result {
  const judge = (): void => failOnTooManyRejects(plan, refusedBefore + batch.rejects.length)
  try {
    const result = parse()
    judge()
    return result
  } catch (error) {
    judge()
    throw error
  }
}

/** From this many records on, more than half of them rejected means a wrong dialect, not bad records. */
const FEWEST_RECORDS_TO_JUDGE = 1000

/**
 * Judged at the end of the file, so that neither chunk size nor order matters.
 * @throws MigrationError TOO_MANY_REJECTS where too large a share of the records is rejected.
 */
export function failOnMostlyRejects(
  plan: DataPlan,
  rejects: Pick<RejectWriter, 'count' | 'describeFirst'>,
  records: number,
): void {
  const what = `${rejects.count} of ${records} records are rejected`
  if (plan.maxRejects && 'share' in plan.maxRejects && rejects.count > plan.maxRejects.share * records) {
    const message = `${what}, more than ${plan.maxRejects.share * 100}%; ${rejects.describeFirst()}`
    throw tooManyRejects(message, '--max-rejects allows more')
  }
  if (!plan.maxRejects && records >= FEWEST_RECORDS_TO_JUDGE && rejects.count > records / 2) {
    throw tooManyRejects(
      `${what}: the dialect is probably wrong; ${rejects.describeFirst()}`,
      `check the format and its dialect${plan.columns.length > 0 ? ', and the types of --map' : ''}; --max-rejects 100% converts the rest all the same and keeps the rejects`,
    )
  }
}

function tooManyRejects(message: string, hint: string): MigrationError {
  return new MigrationError('TOO_MANY_REJECTS', message, { phase: 'parse', hint })
}

import { MigrationError } from '../errors/migration-error.ts'

/**
 * The filters on what a file is, not where it lies. Ages become points in time once, at the start of a run: a file must not
 * grow old enough between two looks at it.
 */

export interface SizeAndAgeOptions {
  readonly minSize?: number | undefined
  readonly maxSize?: number | undefined
  readonly minAge?: number | undefined
  readonly maxAge?: number | undefined
}

/** Returns the flag that leaves a file out, or null. Bounds themselves are inside, as in rclone. */
export type SizeAndAgeRule = (sizeBytes: number, mtimeNs: bigint) => string | null

/**
 * @param options sizes in bytes, ages in milliseconds before `nowMs`.
 * @throws MigrationError WRONG_USE where no file could pass.
 */
export function sizeAndAgeRule(options: SizeAndAgeOptions, nowMs: number): SizeAndAgeRule {
  const { minSize = 0, maxSize = Number.POSITIVE_INFINITY, minAge, maxAge } = options
  if (minSize > maxSize) throw nothingPasses('--min-size', '--max-size')
  if (minAge !== undefined && maxAge !== undefined && minAge > maxAge) throw nothingPasses('--min-age', '--max-age')
  const newestNs = minAge === undefined ? null : nsBefore(nowMs, minAge)
  const oldestNs = maxAge === undefined ? null : nsBefore(nowMs, maxAge)
  return (sizeBytes, mtimeNs) => {
    if (sizeBytes < minSize) return '--min-size'
    if (sizeBytes > maxSize) return '--max-size'
    if (newestNs !== null && mtimeNs > newestNs) return '--min-age'
    if (oldestNs !== null && mtimeNs < oldestNs) return '--max-age'
    return null
  }
}

function nsBefore(nowMs: number, ageMs: number): bigint {
  return BigInt(Math.round(nowMs - ageMs)) * 1_000_000n
}

function nothingPasses(lower: string, upper: string): MigrationError {
  return new MigrationError('WRONG_USE', `${lower} is above ${upper}: no file could pass`, { phase: 'discover' })
}

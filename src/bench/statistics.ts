/** What a benchmark says about its samples. */

export interface Summary {
  readonly median: number
  readonly mean: number
  /** Of a sample; 0 for a single number. */
  readonly standardDeviation: number
  readonly min: number
  readonly max: number
}

/** @param samples at least one. */
export function summarize(samples: readonly number[]): Summary {
  const mean = samples.reduce((sum, sample) => sum + sample, 0) / samples.length
  const squares = samples.reduce((sum, sample) => sum + (sample - mean) ** 2, 0)
  return {
    median: median(samples),
    mean,
    standardDeviation: samples.length < 2 ? 0 : Math.sqrt(squares / (samples.length - 1)),
    min: Math.min(...samples),
    max: Math.max(...samples),
  }
}

/** The middle of the numbers; of an even count, the mean of the two in the middle. */
export function median(samples: readonly number[]): number {
  const sorted = samples.toSorted((a, b) => a - b)
  const above = sorted[sorted.length >> 1] ?? Number.NaN
  return sorted.length % 2 === 1 ? above : (above + (sorted[(sorted.length >> 1) - 1] ?? Number.NaN)) / 2
}

/** As hyperfine has it: ten standard deviations, estimated from the median deviation, which outliers hardly move. */
const OUTLIER_SCORE = 1.4826 * 10
/** Of few samples the median deviation can be next to nothing: what is as close as this is no outlier. */
const OUTLIER_SHARE = 0.05
/** The standard deviation as a share of the mean from which on a measurement counts as noisy. */
const NOISY_SHARE = 0.05

/**
 * What a reader must know before believing the samples, in words; each with what to do about it.
 * @param samples in the order in which they were taken.
 * @see https://github.com/sharkdp/hyperfine/blob/master/src/outlier_detection.rs (modified z-score)
 */
export function describeNoise(samples: readonly number[]): string[] {
  const warnings: string[] = []
  const outliers = findOutliers(samples)
  const isFirstSlow = outliers.includes(0) && (samples[0] ?? 0) > median(samples)
  if (isFirstSlow) warnings.push('the first run was slower: a cold cache? --warmup 1 or more leaves it out')
  else if (outliers.length > 0) {
    warnings.push(`${outliers.length} of ${samples.length} runs are far from the others: other load? more --runs tell`)
  }
  const { mean, standardDeviation } = summarize(samples)
  if (warnings.length === 0 && standardDeviation > NOISY_SHARE * mean) {
    const share = Math.round((standardDeviation / mean) * 100)
    warnings.push(`noisy: the runs differ by ${share} % (standard deviation); a quieter machine or more --runs tell`)
  }
  return warnings
}

/** The positions of samples that are far from the median. */
export function findOutliers(samples: readonly number[]): number[] {
  const middle = median(samples)
  const distances = samples.map((sample) => Math.abs(sample - middle))
  const usual = median(distances)
  return [...distances.keys()].filter((position) => {
    const distance = distances[position] ?? 0
    return distance > OUTLIER_SCORE * usual && distance > OUTLIER_SHARE * middle
  })
}

// What a benchmark says about its samples.

/** The middle of the numbers; of an even count, the mean of the two in the middle. */
export function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** The standard deviation of a sample as a share of its mean; 0 for a single number. */
export function relativeDeviation(numbers) {
  if (numbers.length < 2) return 0
  const mean = numbers.reduce((sum, number) => sum + number, 0) / numbers.length
  const variance = numbers.reduce((sum, number) => sum + (number - mean) ** 2, 0) / (numbers.length - 1)
  return Math.sqrt(variance) / mean
}

/** Numbers as people read them. Sizes count in 1000, as the rates per gigabyte do. */

const SIZE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']

/** `999 B`, `1.50 kB`, `12.3 MB`, `456 GB`: three digits that matter. */
export function formatBytes(sizeBytes: number): string {
  let amount = sizeBytes
  let unit = 0
  // 999.5 and more would be rounded to 1000.
  while (amount >= 999.5 && unit < SIZE_UNITS.length - 1) {
    amount /= 1000
    unit += 1
  }
  return `${unit === 0 ? String(amount) : threeDigits(amount)} ${SIZE_UNITS[unit] ?? ''}`
}

/** `1,234,567`. */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US')
}

/** `12 ms`, `1.53 s`, `2m05s`, `3h02m`, `4d05h`. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 999.5) return `${Math.round(durationMs)} ms`
  if (durationMs < 59_950) return `${threeDigits(durationMs / 1000)} s`
  const seconds = Math.round(durationMs / 1000)
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${twoDigits(seconds % 60)}s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 1440) return `${Math.floor(minutes / 60)}h${twoDigits(minutes % 60)}m`
  const hours = Math.round(minutes / 60)
  return `${Math.floor(hours / 24)}d${twoDigits(hours % 24)}h`
}

/** `2026-11-27 21:03:12 UTC`. @param moment in UTC, as ISO 8601 has it. */
export function formatMoment(moment: string): string {
  return `${moment.slice(0, 10)} ${moment.slice(11, 19)} UTC`
}

/** `1 file`, `2 files`. */
export function countOf(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`
}

/** A number with three digits that matter, and no more than two after the point: `0.17`, `1.25`, `12.5`, `125`. */
export function threeDigits(amount: number): string {
  if (amount >= 99.95) return formatCount(Math.round(amount))
  return amount >= 9.995 ? amount.toFixed(1) : amount.toFixed(2)
}

function twoDigits(count: number): string {
  return String(count).padStart(2, '0')
}

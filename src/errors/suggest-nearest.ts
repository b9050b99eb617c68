import { countEdits } from './count-edits.ts'

/** Finds what a mistyped word was probably meant to be: for flags, commands, keys and values of options, columns and files. */

const MAX_EDITS = 3
const MIN_SIMILARITY = 0.4

/**
 * The candidate nearest to the word, or undefined where none is near. A candidate that starts the word, or is started by it
 * (`input` for `in`, `del` for `delim`), is near however much is left over.
 */
export function suggestNearest(word: string, candidates: Iterable<string>): string | undefined {
  const lowerWord = word.toLowerCase()
  let nearest: string | undefined
  let fewestEdits = Number.POSITIVE_INFINITY
  for (const candidate of candidates) {
    const lower = candidate.toLowerCase()
    const isPart = isStartOf(lowerWord, lower)
    // A folder may have a million names: most differ too much in length to be worth counting.
    if (!isPart && Math.abs(lower.length - word.length) > MAX_EDITS) continue
    const edits = countEdits(lowerWord, lower)
    if (edits < fewestEdits && (isPart || isNear(Math.max(word.length, lower.length), edits))) {
      nearest = candidate
      fewestEdits = edits
    }
  }
  return nearest
}

function isStartOf(word: string, candidate: string): boolean {
  return Math.min(word.length, candidate.length) > 1 && (word.startsWith(candidate) || candidate.startsWith(word))
}

function isNear(length: number, edits: number): boolean {
  return edits <= MAX_EDITS && (length - edits) / length > MIN_SIMILARITY
}

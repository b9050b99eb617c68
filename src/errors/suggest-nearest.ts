import { countEdits } from './count-edits.ts'

/** Finds what a mistyped word was probably meant to be: for flags, commands, configuration keys and values of options. */

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
    const edits = countEdits(lowerWord, lower)
    if (edits < fewestEdits && isNear(lowerWord, lower, edits)) {
      nearest = candidate
      fewestEdits = edits
    }
  }
  return nearest
}

function isNear(word: string, candidate: string, edits: number): boolean {
  if (Math.min(word.length, candidate.length) > 1 && (word.startsWith(candidate) || candidate.startsWith(word)))
    return true
  const length = Math.max(word.length, candidate.length)
  return edits <= MAX_EDITS && (length - edits) / length > MIN_SIMILARITY
}

import { suggestNearest } from '../errors/suggest-nearest.ts'
import { formatOfAlias } from '../formats/registry.ts'

/** The value of an option that was probably meant. Formats have names that are not near their own. */
export function suggestWord(key: string, word: string, values: readonly string[]): string | undefined {
  const format = key === 'to' || key === 'from' ? formatOfAlias(word) : null
  return format ?? suggestNearest(word, values)
}

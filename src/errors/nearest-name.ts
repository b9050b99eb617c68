import { countEdits } from './count-edits.ts'

/**
 * The name that is most like a mistyped one, or null where none is near enough to be meant.
 * Near enough: at most two edits (case counts for nothing), and fewer than half of the characters.
 */
export function nearestName(wanted: string, names: readonly string[]): string | null {
  let nearest: string | null = null
  let fewest = Math.min(2, Math.ceil(wanted.length / 2) - 1) + 1
  for (const name of names) {
    if (Math.abs(name.length - wanted.length) >= fewest) continue
    const edits = countEdits(wanted.toLowerCase(), name.toLowerCase())
    if (edits < fewest) {
      nearest = name
      fewest = edits
    }
  }
  return nearest
}

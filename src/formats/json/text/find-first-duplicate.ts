import { CLOSE_BRACE, CLOSE_BRACKET, COMMA, OPEN_BRACE, OPEN_BRACKET, QUOTE, BACKSLASH } from './json-bytes.ts'
import { canonicalName, decodeName, rawName } from './json-key.ts'

// Of several faults in a record the first one counts. Duplicates are noticed only where an object ends, when other faults inside it
// are noted already; this says which came first. It is asked for records that are rejected anyway.

interface Container {
  /** The names so far; null in an array. */
  readonly names: Set<string> | null
  /** The name that the text is behind. */
  member: string
}

/** A name that its object has already. */
export interface FoundDuplicate {
  readonly name: string
  /** The member of the record that it lies in. With `isFlattening`, the column that it would be part of. */
  readonly column: string
}

/** The first name in [start, end) that its object has already, the text being valid JSON as far as it goes; null: there is none. */
export function findFirstDuplicate(
  bytes: Uint8Array,
  start: number,
  end: number,
  isFlattening: boolean,
): FoundDuplicate | null {
  const containers: Container[] = []
  let mayBeName = false
  for (let position = start; position < end; position++) {
    const byte = bytes[position]
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      containers.push({ names: byte === OPEN_BRACE ? new Set() : null, member: '' })
      mayBeName = byte === OPEN_BRACE
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) containers.pop()
    else if (byte === COMMA) mayBeName = containers.at(-1)?.names !== null
    else if (byte === QUOTE) {
      const stringEnd = endOfString(bytes, position, end)
      const inner = containers.at(-1)
      if (mayBeName && inner?.names && stringEnd <= end) {
        const raw = rawName(bytes, position, stringEnd)
        const canonical = canonicalName(raw)
        const name = decodeName(raw)
        if (inner.names.has(canonical)) return { name, column: columnOf(containers, name, isFlattening) }
        inner.names.add(canonical)
        inner.member = name
      }
      mayBeName = false
      position = stringEnd - 1
    }
  }
  return null
}

/** The position behind the closing quote; behind `end` where there is none before it. */
function endOfString(bytes: Uint8Array, opening: number, end: number): number {
  let position = opening + 1
  while (position < end && bytes[position] !== QUOTE) position += bytes[position] === BACKSLASH ? 2 : 1
  return position + 1
}

function columnOf(containers: readonly Container[], name: string, isFlattening: boolean): string {
  if (containers.length === 1) return name
  if (!isFlattening) return containers[0]!.member
  const array = containers.findIndex(({ names }) => names === null)
  return array < 0 ? name : containers[array - 1]!.member
}

import { BACKSLASH, CLOSE_BRACE, CLOSE_BRACKET, COLON, OPEN_BRACE, OPEN_BRACKET, QUOTE } from './json-bytes.ts'
import { skipWhiteSpace } from './json-bytes.ts'
import { canonicalName, rawName } from './json-key.ts'

// `--duplicate-keys last` inside nested values. They stay raw text, so members that a later one replaces have to be cut out of
// it. Only values known to have a duplicate come here, so this is written to be short, not fast.

/** The members of an object that is being walked. */
interface ObjectScope {
  /** Where each name starts, in order. */
  readonly nameStarts: number[]
  /** The latest member of each name, as an index into `nameStarts`. */
  readonly latest: Map<string, number>
}

/** A piece of the text that is left out: [start, end). */
type Gap = readonly [start: number, end: number]

/**
 * Copies the valid JSON text [start, end) to `to`, without the members of objects, at any depth, that a later one of the same
 * name replaces. The copy must not overlap [start, end) and is never longer.
 * @returns where the copy ends.
 */
export function dropDuplicateMembers(bytes: Uint8Array, start: number, end: number, to: number): number {
  let from = start
  for (const [gapStart, gapEnd] of findGaps(bytes, start, end)) {
    // A gap inside a gap ends before the copying goes on.
    if (gapEnd <= from) continue
    if (gapStart > from) {
      bytes.copyWithin(to, from, gapStart)
      to += gapStart - from
    }
    from = gapEnd
  }
  bytes.copyWithin(to, from, end)
  return to + end - from
}

/** What to leave out, ordered by start. A replaced member is never an object's last, so its gap ends where the next one starts. */
function findGaps(bytes: Uint8Array, start: number, end: number): Gap[] {
  const gaps: Gap[] = []
  const scopes: (ObjectScope | null)[] = []
  for (let position = start; position < end; position++) {
    const byte = bytes[position]!
    if (byte === OPEN_BRACE) scopes.push({ nameStarts: [], latest: new Map() })
    else if (byte === OPEN_BRACKET) scopes.push(null)
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) scopes.pop()
    else if (byte === QUOTE) {
      const stringEnd = skipValidString(bytes, position)
      const scope = scopes.at(-1)
      if (scope && bytes[skipWhiteSpace(bytes, stringEnd, end)] === COLON) {
        const raw = rawName(bytes, position, stringEnd)
        const gap = enterMember(scope, canonicalName(raw), position)
        if (gap !== null) gaps.push(gap)
      }
      position = stringEnd - 1
    }
  }
  return gaps.sort((a, b) => a[0] - b[0] || b[1] - a[1])
}

function enterMember(scope: ObjectScope, name: string, nameStart: number): Gap | null {
  const replaced = scope.latest.get(name)
  scope.latest.set(name, scope.nameStarts.push(nameStart) - 1)
  return replaced === undefined ? null : [scope.nameStarts[replaced]!, scope.nameStarts[replaced + 1]!]
}

function skipValidString(bytes: Uint8Array, quote: number): number {
  let position = quote + 1
  while (bytes[position] !== QUOTE) position += bytes[position] === BACKSLASH ? 2 : 1
  return position + 1
}

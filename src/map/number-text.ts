// Which texts are numbers: the grammar of JSON, and nothing that a number might also look like elsewhere (`+1`, `.5`, `007`, `1_000`,
// a blank before or behind). So the text of every number can be copied into JSON as it is. The kernel's twin: assembly/cast-cells.ts.
const DIGIT_0 = 0x30
const DIGIT_9 = 0x39
const DOT = 0x2e
const MINUS = 0x2d
const PLUS = 0x2b
const LETTER_E = 0x65

/** True for `-?(0|[1-9][0-9]*)`, however long. */
export function isIntegerText(bytes: Uint8Array, start: number, end: number): boolean {
  return skipInteger(bytes, start, end) === end
}

/** True for a number of JSON, however long, large or exact. */
export function isNumberText(bytes: Uint8Array, start: number, end: number): boolean {
  let position = skipInteger(bytes, start, end)
  if (position < 0) return false
  if (position < end && bytes[position] === DOT) {
    position = skipDigits(bytes, position + 1, end)
    if (position < 0) return false
  }
  if (position < end && (bytes[position]! | 0x20) === LETTER_E) {
    position++
    if (position < end && (bytes[position] === MINUS || bytes[position] === PLUS)) position++
    position = skipDigits(bytes, position, end)
  }
  return position === end
}

/** The position behind the integer at `start`, or -1 where there is none. */
function skipInteger(bytes: Uint8Array, start: number, end: number): number {
  const first = start < end && bytes[start] === MINUS ? start + 1 : start
  return first < end && bytes[first] === DIGIT_0 ? first + 1 : skipDigits(bytes, first, end)
}

function skipDigits(bytes: Uint8Array, start: number, end: number): number {
  let position = start
  while (position < end && bytes[position]! >= DIGIT_0 && bytes[position]! <= DIGIT_9) position++
  return position === start ? -1 : position
}

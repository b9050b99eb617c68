/**
 * Names of files come from strangers: a name can hold a line feed that forges a log line, an escape sequence that drives the
 * terminal, or a bidirectional override that shows `exe.csv` as `vsc.exe`. Every name in a message passes through here.
 */

// Control characters (C0, DEL, C1), line and paragraph separators, zero-width and bidirectional controls, half surrogate pairs.
const UNPRINTABLE = /[\0-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]|\p{Surrogate}/gu

/** The name with everything that a terminal would not simply show as `\xNN` or `\u{NNNN}`. Other names come back as they are. */
export function printableName(name: string): string {
  return name.replaceAll(UNPRINTABLE, (character) => {
    const code = character.codePointAt(0) ?? 0
    return code < 0x100 ? hexByte(code) : `\\u{${code.toString(16)}}`
  })
}

/** Characters of a message that anybody reads. */
const LONGEST_MESSAGE = 1200

/** A message of one line: printable, and without its middle where it is long. It may quote names and texts of any length. */
export function printableMessage(message: string): string {
  return printableName(shortMessage(message))
}

/** A message without its middle where it is long, for what escapes by itself: a log. */
export function shortMessage(message: string): string {
  const points = message.length <= LONGEST_MESSAGE ? [] : Array.from(message)
  if (points.length <= LONGEST_MESSAGE) return message
  const half = LONGEST_MESSAGE / 2
  const left = points.length - 2 * half
  return `${points.slice(0, half).join('')}... ${left} characters ...${points.slice(-half).join('')}`
}

/** Like `printableName`, for a name that may be no valid UTF-8: bytes that are not part of a valid sequence become `\xNN`. */
export function printableNameBytes(name: Uint8Array): string {
  const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let text = ''
  for (let at = 0; at < name.length;) {
    const length = sequenceLength(name[at] ?? 0)
    const sequence = name.subarray(at, at + length)
    try {
      text += printableName(strict.decode(sequence))
      at += sequence.length
    } catch {
      text += hexByte(name[at] ?? 0)
      at += 1
    }
  }
  return text
}

function sequenceLength(lead: number): number {
  if (lead < 0x80) return 1
  if (lead < 0xe0) return 2
  return lead < 0xf0 ? 3 : 4
}

function hexByte(code: number): string {
  return `\\x${code.toString(16).padStart(2, '0')}`
}

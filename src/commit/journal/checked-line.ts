import { crc32 } from 'node:zlib'
import { formatCrc32 } from './format-crc32.ts'

/*
 * Lines of journals and manifests are `{"crc":"<CRC-32>","<kind>":<JSON>}`. The checksum is over the bytes of the JSON text, so it can be
 * checked before anything is parsed.
 */

/** A line of a journal or a manifest. `parseCheckedLine` takes it apart again: the two must change together. */
export function formatCheckedLine(kind: string, value: unknown): string {
  const text = JSON.stringify(value)
  return `{"crc":"${formatCrc32(crc32(text))}","${kind}":${text}}\n`
}

export interface CheckedLine {
  readonly kind: string
  readonly value: unknown
}

/** What a line says, its line feed taken off; null when it is not exactly as it was written. */
export function parseCheckedLine(line: Buffer): CheckedLine | null {
  if (line.length < SHORTEST || line.at(-1) !== CLOSING_BRACE) return null
  const head = HEAD.exec(line.toString('latin1', 0, LONGEST_HEAD))
  if (head === null) return null
  const text = line.subarray(head[0].length, -1)
  if (head[1] !== formatCrc32(crc32(text))) return null
  const value = parseJson(text)
  return value === undefined ? null : { kind: head[2] ?? '', value }
}

const HEAD = /^\{"crc":"([0-9a-f]{8})","([a-z]{1,16})":/
const LONGEST_HEAD = 40
const SHORTEST = 22
const CLOSING_BRACE = 0x7d

/** The value of a JSON text; undefined where it is none. */
export function parseJson(text: Buffer): unknown {
  try {
    return JSON.parse(text.toString('utf8'))
  } catch {
    return undefined
  }
}

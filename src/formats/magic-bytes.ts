import { isUtf8 } from 'node:buffer'

// What a file is when it is no text, by its first bytes: the one place that knows them. Only what is certain counts, since such a file
// fails; whatever could be text is text.

/** What a file is, and what to do with it. */
export interface ForeignContent {
  readonly name: string
  readonly hint: string
}

/** Bytes that the look needs at most. */
export const LOOKED_AT_BYTES = 4096

const UNPACK = 'unpack it first'
const EXPORT_HINT = 'export its data as csv first, or leave it out with --exclude'

interface Signature extends ForeignContent {
  /** One character a byte. */
  readonly magic: string
  readonly at?: number
  /** A magic of plain letters counts only where a byte behind it can be no text. */
  readonly needsControl?: true
  /** What follows it besides. */
  readonly behind?: RegExp
}

const SIGNATURES: readonly Signature[] = [
  { magic: '\x1f\x8b\x08', name: 'gzip', hint: `${UNPACK}: gzip -dc < FILE` },
  { magic: '\x28\xb5\x2f\xfd', name: 'zstd', hint: `${UNPACK}: zstd -dc < FILE`, needsControl: true },
  { magic: '\xfd7zXZ\0', name: 'xz', hint: `${UNPACK}: xz -dc < FILE` },
  { magic: 'BZh', name: 'bzip2', hint: `${UNPACK}: bzip2 -dc < FILE`, needsControl: true },
  { magic: '\x04\x22\x4d\x18', name: 'lz4', hint: `${UNPACK}: lz4 -dc < FILE` },
  { magic: 'LZIP\x01', name: 'lzip', hint: `${UNPACK}: lzip -dc < FILE` },
  { magic: '\x1f\x9d', name: 'compressed by compress (.Z)', hint: `${UNPACK}: gzip -dc < FILE` },
  { magic: '\x5d\0\0', name: 'lzma', hint: `${UNPACK}: xz --format=lzma -dc < FILE` },
  { magic: '\xff\x06\0\0sNaPpY', name: 'snappy', hint: `${UNPACK}: snzip -dc < FILE` },
  { magic: 'MSCF\0\0\0\0', name: 'a cabinet', hint: `${UNPACK}: cabextract` },
  { magic: '\x93NUMPY', name: 'an array of NumPy', hint: EXPORT_HINT },
  { magic: '7z\xbc\xaf\x27\x1c', name: 'a 7z archive', hint: `${UNPACK}: 7z x` },
  { magic: 'Rar!\x1a\x07', name: 'a rar archive', hint: `${UNPACK}: unrar x` },
  {
    magic: 'PK\x03\x04',
    name: 'a zip archive',
    hint: `${UNPACK}: unzip; a workbook (.xlsx) is one too: save its sheets as csv`,
  },
  { magic: 'PK\x05\x06', name: 'an empty zip archive', hint: 'leave it out with --exclude' },
  { magic: 'ustar', at: 257, name: 'a tar archive', hint: `${UNPACK}: tar -xf`, needsControl: true },
  { magic: 'PAR1', name: 'Parquet', hint: EXPORT_HINT, needsControl: true },
  { magic: 'ARROW1\0\0', name: 'Arrow', hint: EXPORT_HINT },
  { magic: 'FEA1', name: 'Feather', hint: EXPORT_HINT, needsControl: true },
  { magic: 'Obj\x01', name: 'Avro', hint: EXPORT_HINT },
  { magic: 'ORC', name: 'ORC', hint: EXPORT_HINT, needsControl: true },
  { magic: 'SQLite format 3\0', name: 'a SQLite database', hint: EXPORT_HINT },
  { magic: '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1', name: 'an old Office file (.xls)', hint: EXPORT_HINT },
  { magic: '\x89HDF\r\n\x1a\n', name: 'HDF5', hint: EXPORT_HINT },
  { magic: '%PDF-', name: 'PDF', hint: EXPORT_HINT, needsControl: true },
  // The line of bytes above 127 that its standard demands behind the version.
  { magic: '%PDF-', name: 'PDF', hint: EXPORT_HINT, behind: /^\d\.\d\s*\r?\n?%[\x80-\xff]{4}/ },
  { magic: '\x89PNG\r\n\x1a\n', name: 'a PNG picture', hint: 'leave it out with --exclude' },
  { magic: '\xff\xd8\xff', name: 'a JPEG picture', hint: 'leave it out with --exclude', needsControl: true },
  { magic: '\x7fELF', name: 'a program (ELF)', hint: 'leave it out with --exclude' },
  {
    magic: 'version https://git-lfs.github.com/spec/v1\n',
    name: 'a pointer of Git LFS',
    hint: 'fetch the file itself: git lfs pull',
  },
]

/** By the first byte of the file. The magic of tar stands further behind, so a tar archive may begin with any. */
const IS_FIRST = new Uint8Array(256)
for (const { magic, at } of SIGNATURES) if (at === undefined) IS_FIRST[magic.charCodeAt(0)] = 1
const TAR_AT = 257
const LETTER_U = 0x75

/** What the bytes at the start of a file show it to be; null: nothing that is known, so it is text. */
export function recogniseForeign(start: Uint8Array): ForeignContent | null {
  if (start[0] === 0 && isNothing(start)) return NOTHING
  if (IS_FIRST[start[0]!] !== 1 && start[TAR_AT] !== LETTER_U) return null
  const text = Buffer.from(start.buffer, start.byteOffset, Math.min(start.length, LOOKED_AT_BYTES)).toString('latin1')
  return (
    SIGNATURES.find(({ magic, at = 0, needsControl, behind }) => {
      if (!text.startsWith(magic, at)) return false
      if (behind !== undefined && !behind.test(text.slice(at + magic.length))) return false
      return needsControl !== true || NO_TEXT.test(text.slice(at + magic.length))
    }) ?? null
  )
}

/** A few might be text in somebody's eyes. */
const LEAST_NOTHING = 16

const NOTHING: ForeignContent = {
  name: 'nothing but NUL bytes, as a power cut or a broken copy leaves them',
  hint: 'take the file from a copy, or leave it out with --exclude',
}

function isNothing(start: Uint8Array): boolean {
  return start.length >= LEAST_NOTHING && start.subarray(0, LOOKED_AT_BYTES).every((byte) => byte === 0)
}

/** Control characters that no text has: not the blanks, not what separates fields in some files. */
const NO_TEXT = /[\0-\x08\x0e-\x1b\x7f]/

/** Which encoding with several bytes a character the start of a file is in, by its mark or by where its NUL bytes lie; null: none. */
export function recogniseWideEncoding(start: Uint8Array): 'utf-16le' | 'utf-16be' | 'utf-32' | null {
  const looked = Buffer.from(start.buffer, start.byteOffset, Math.min(start.length, LOOKED_AT_BYTES))
  if (looked.length >= 4 && isMarkOf32(looked)) return 'utf-32'
  if (looked.length >= 2 && looked[0] === 0xff && looked[1] === 0xfe) return 'utf-16le'
  if (looked.length >= 2 && looked[0] === 0xfe && looked[1] === 0xff) return 'utf-16be'
  if (!looked.includes(0)) return null
  if (isText32(looked)) return 'utf-32'
  const isLittle = isText16(looked, 'utf-16le')
  const isBig = isText16(looked, 'utf-16be')
  if (isLittle === isBig) return null
  return isLittle ? 'utf-16le' : 'utf-16be'
}

function isMarkOf32(bytes: Buffer): boolean {
  const mark = bytes.readUInt32BE(0)
  return mark === 0xfffe0000 || mark === 0x0000feff
}

const LEAST_UNITS = 8

/**
 * A line end, no control character, letters or digits, and at least a tenth of the units from Latin-1, as delimiters and digits are. Bytes that
 * are UTF-8 as well are a table with some NUL characters, unless a fifth of them is nothing that text in UTF-8 has.
 */
function isText16(bytes: Buffer, encoding: 'utf-16le' | 'utf-16be'): boolean {
  const whole = bytes.subarray(0, bytes.length & ~1)
  // The end of what is looked at may cut a surrogate pair.
  const text = decodeStrictly(whole, encoding) ?? decodeStrictly(whole.subarray(0, -2), encoding)
  if (text === null || text.length < LEAST_UNITS || !/[\r\n]/.test(text) || NO_TEXT.test(text)) return false
  const latin = countMatches(text, /[\0-\xff]/g)
  const words = countMatches(text, /[\p{L}\p{N}]/gu)
  return latin * 10 >= text.length && words * 4 >= text.length && !isText8(bytes)
}

/** Whether bytes that hold a NUL are UTF-8 all the same. Their end may be cut. */
function isText8(bytes: Buffer): boolean {
  const isValid = [0, 1, 2, 3].some((cut) => isUtf8(bytes.subarray(0, bytes.length - cut)))
  if (!isValid) return false
  const text = bytes.toString('latin1')
  return /[\x80-\xff]/.test(text) || countMatches(text, /[\0-\x08\x0e-\x1b\x7f]/g) * 5 < bytes.length
}

function countMatches(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0
}

function isText32(bytes: Buffer): boolean {
  const unitCount = bytes.length >> 2
  if (unitCount < 4) return false
  const units = (read: (at: number) => number): number[] =>
    Array.from({ length: unitCount }, (_, unit) => read(4 * unit))
  return areText(units((at) => bytes.readUInt32LE(at))) || areText(units((at) => bytes.readUInt32BE(at)))
}

/** A line end, and no control character nor anything beyond Unicode. */
function areText(characters: readonly number[]): boolean {
  return characters.includes(0x0a) && characters.every(isTextCode)
}

function isTextCode(code: number): boolean {
  return code < 0x11_0000 && (code >= 0x20 || code === 9 || code === 10 || code === 13)
}

function decodeStrictly(bytes: Buffer, encoding: string): string | null {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes)
  } catch {
    return null
  }
}

const MARKUP = /^\s*<(?:!doctype\s+html|html[\s>]|\?xml\s)/i

/** True for the start of a page or an XML file. */
export function looksLikeMarkup(text: string): boolean {
  return MARKUP.test(text.replace(/^\ufeff/, ''))
}

/**
 * What the first line of a text is, where that is one whole JSON object or array with something in it; null where not, or where the line is
 * cut. An array of bare numbers may be names of columns.
 */
export function jsonInFirstLine(text: string, isWhole: boolean): 'object' | 'array' | null {
  const [line = '', rest] = text.replace(/^\ufeff/, '').split('\n', 2)
  if (rest === undefined && !isWhole) return null
  if (!/^\s*[[{]/.test(line)) return null
  try {
    const value: unknown = JSON.parse(line)
    if (Array.isArray(value)) return value.some((element) => typeof element === 'object') ? 'array' : null
    return Object.keys(value as object).length > 0 ? 'object' : null
  } catch {
    return null
  }
}

import { MigrationError } from '../errors/migration-error.ts'

/** Too few bytes of the file are here to say whether it starts with a mark. */
export const MARK_UNKNOWN = -1

const UTF8_MARK = [0xef, 0xbb, 0xbf] as const

/**
 * Passes over a UTF-8 byte order mark at the start of a file.
 * @returns the position of the first byte of text, or MARK_UNKNOWN.
 * @throws MigrationError UNSUPPORTED_ENCODING where the mark is that of UTF-16.
 */
export function passByteOrderMark(
  bytes: Uint8Array,
  start: number,
  end: number,
  isLast: boolean,
  file: string,
): number {
  const first = bytes[start]
  const second = bytes[start + 1]
  if (end - start >= 2 && first === 0xff && second === 0xfe) throw utf16Error('utf-16le', file)
  if (end - start >= 2 && first === 0xfe && second === 0xff) throw utf16Error('utf-16be', file)
  if (end - start < 2 && (first === 0xff || first === 0xfe) && start < end && !isLast) return MARK_UNKNOWN
  let length = 0
  while (length < UTF8_MARK.length && start + length < end && bytes[start + length] === UTF8_MARK[length]) length++
  if (length === UTF8_MARK.length) return start + length
  return start + length === end && !isLast ? MARK_UNKNOWN : start
}

function utf16Error(encoding: string, file: string): MigrationError {
  return new MigrationError('UNSUPPORTED_ENCODING', `the file starts with the byte order mark of ${encoding}`, {
    phase: 'parse',
    hint: `--encoding ${encoding}`,
    position: { file, byte: 0 },
  })
}

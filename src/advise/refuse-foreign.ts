import { MigrationError } from '../errors/migration-error.ts'
import { jsonInFirstLine, looksLikeMarkup, recogniseForeign, recogniseWideEncoding } from '../formats/magic-bytes.ts'
import type { DataPlan } from '../model/data-plan.ts'
import type { FormatName } from '../model/format-name.ts'
import { isUtf8Label } from '../read/source-reader.ts'

const LESS_THAN = 0x3c
const OPEN_BRACKET = 0x5b
const OPEN_BRACE = 0x7b
const NEWEST_ASCII = 0x7f

/**
 * Fails a file that is certainly not what its name says, by its first bytes. Nearly every file is let go after a look at two of them.
 * @param start the first LOOKED_AT_BYTES of the file as they are, @param isWhole whether they are all of it.
 * @throws MigrationError NOT_TEXT, UNSUPPORTED_ENCODING, NOT_CSV
 */
export function refuseForeign(
  start: Uint8Array,
  isWhole: boolean,
  { plan, format, file }: { readonly plan: DataPlan; readonly format: FormatName; readonly file: string },
): void {
  if (start.length === 0) return
  const position = { file, byte: 0 }
  const foreign = recogniseForeign(start)
  if (foreign !== null) {
    throw new MigrationError('NOT_TEXT', `the file is no text: by its first bytes it is ${foreign.name}`, {
      phase: 'read',
      hint: foreign.hint,
      position,
    })
  }
  if (isUtf8Label(plan.encoding)) {
    const separatesByNul = format === 'csv' && plan.delimitedSource.delimiter === 0
    refuseWide(start, file, separatesByNul)
  }
  if (format !== 'csv' && format !== 'tsv') return
  // Whoever says how the file begins has looked at it.
  if (!plan.delimitedSource.hasHeader || plan.delimitedSource.skipLines > 0) return
  refuseOtherText(start, isWhole, file)
}

function refuseWide(start: Uint8Array, file: string, separatesByNul: boolean): void {
  const first = start[0]!
  // A Buffer looks for a byte some forty times as fast as a Uint8Array does.
  const mayBeWide = first === 0 || first > NEWEST_ASCII || asBuffer(start).includes(0)
  const encoding = mayBeWide ? recogniseWideEncoding(start) : null
  if (encoding === null) return
  const isMarked = first === 0xff || first === 0xfe || (first === 0 && start[2] === 0xfe)
  if (separatesByNul && !isMarked) return
  const what = isMarked
    ? `the file starts with the byte order mark of ${encoding}`
    : `the file is in ${encoding}, by where its NUL bytes lie`
  throw new MigrationError('UNSUPPORTED_ENCODING', what, {
    phase: 'read',
    hint: encoding === 'utf-32' ? 'turn it into UTF-8 first: iconv -f UTF-32 -t UTF-8' : `--encoding ${encoding}`,
    position: { file, byte: 0 },
  })
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}

function refuseOtherText(start: Uint8Array, isWhole: boolean, file: string): void {
  const first = start.find((byte) => byte > 0x20 && byte !== 0xef && byte !== 0xbb && byte !== 0xbf)
  if (first !== LESS_THAN && first !== OPEN_BRACE && first !== OPEN_BRACKET) return
  const text = asBuffer(start).toString('utf8')
  const json = jsonInFirstLine(text, isWhole)
  const what = looksLikeMarkup(text) ? 'mark-up (HTML or XML)' : json === null ? null : `a JSON ${json}`
  if (what === null) return
  throw new MigrationError('NOT_CSV', `the file is no table: it starts with ${what}`, {
    phase: 'parse',
    hint:
      json === null
        ? 'was a page (of a login, of an error) saved in place of the data? Fetch it again'
        : `--from ${json === 'object' ? 'ndjson' : 'json'} reads it, in a run over such files alone (--include); --no-header takes it as csv`,
    position: { file, byte: 0 },
  })
}

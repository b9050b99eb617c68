import { MigrationError } from '../errors/migration-error.ts'
import { recogniseForeign, recogniseWideEncoding } from '../formats/magic-bytes.ts'
import { getFormat } from '../formats/registry.ts'
import type { DataPlan } from '../model/data-plan.ts'
import type { FormatName } from '../model/format-name.ts'
import { isUtf8Label } from '../read/decoded-text.ts'

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
  const owner = getFormat(format)
  if (isUtf8Label(plan.encoding)) refuseWide(start, file, owner.separatesByNul?.(plan) === true)
  owner.refuseStart?.(start, isWhole, plan, file)
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

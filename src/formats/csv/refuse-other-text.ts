import { MigrationError } from '../../errors/migration-error.ts'
import type { DataPlan } from '../../model/data-plan.ts'
import { jsonInFirstLine, looksLikeMarkup } from '../magic-bytes.ts'
import { csvSettings } from './csv-settings.ts'

const LESS_THAN = 0x3c
const OPEN_BRACKET = 0x5b
const OPEN_BRACE = 0x7b

/** Fails a table that starts with JSON or mark-up. */
export function refuseOtherText(start: Uint8Array, isWhole: boolean, plan: DataPlan, file: string): void {
  // Whoever says how the file begins has looked at it.
  const { hasHeader, skipLines } = csvSettings(plan).source
  if (!hasHeader || skipLines > 0) return
  const first = start.find((byte) => byte > 0x20 && byte !== 0xef && byte !== 0xbb && byte !== 0xbf)
  if (first !== LESS_THAN && first !== OPEN_BRACE && first !== OPEN_BRACKET) return
  const text = Buffer.from(start.buffer, start.byteOffset, start.length).toString('utf8')
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

import type { DataPlan } from '../../model/data-plan.ts'
import { isClean, type Sample, type Trial } from '../sample.ts'
import { delimiterOf, type DelimitedFormatName } from './csv-dialect.ts'
import { csvSettings, withDelimitedSource, type DelimitedSource } from './csv-settings.ts'

/** Delimiters that are tried, and how they are written on a command line. */
const DELIMITERS: readonly (readonly [byte: number, text: string])[] = [
  [0x3b, "';'"],
  [0x09, 'tab'],
  [0x7c, "'|'"],
  [0x2c, "','"],
]
const BACKSLASH = 0x5c
const NONE = -1

/**
 * What probably is wrong with a table, and the option that reads it without a loss; null: nothing that helps is known. What drops
 * values (`--ragged truncate`) is never named.
 */
export function adviseDelimited(
  sample: Sample,
  plan: DataPlan,
  format: DelimitedFormatName,
  code: string,
): string | null {
  const read = (changes: Partial<DelimitedSource>, as: DelimitedFormatName = format): Trial =>
    sample.tryReading(withDelimitedSource(plan, changes), as)
  const now = read({})
  // What is wrong lies further behind: nothing that is tried here would show it.
  if (isClean(now)) return null
  if (code === 'DUPLICATE_COLUMN') return adviseDuplicates(sample, plan, read)
  return (
    adviseDelimiter(plan, format, now, read) ??
    adviseHeader(plan, now, read) ??
    adviseQuotes(plan, read) ??
    adviseShort(now, read)
  )
}

type Read = (changes: Partial<DelimitedSource>, as?: DelimitedFormatName) => Trial

function adviseDelimiter(plan: DataPlan, format: DelimitedFormatName, now: Trial, read: Read): string | null {
  const { delimiter, quote, escape, comment } = csvSettings(plan).source
  const current = delimiterOf(format, delimiter)
  const fits = DELIMITERS.filter(([byte]) => ![current, quote, escape, comment].includes(byte))
    .map(([byte, text]) => ({ byte, text, trial: read({ delimiter: byte }, 'csv') }))
    .filter(({ trial }) => isClean(trial) && trial.columnCount > Math.max(1, now.columnCount))
    .sort((a, b) => b.trial.columnCount - a.trial.columnCount)
  const [best] = fits
  if (best === undefined) return null
  const from = format === 'tsv' ? '--from csv ' : ''
  return `another delimiter fits, with ${best.trial.columnCount} fields in every record: ${from}--delim ${best.text}`
}

/** Every record has as many fields as the others, and the header has another number. */
function adviseHeader(plan: DataPlan, now: Trial, read: Read): string | null {
  const { hasHeader, skipLines } = csvSettings(plan).source
  const areAllRefused = now.failure === null && now.records > 0 && now.codes.get('FIELD_COUNT') === now.records
  if (!hasHeader || !areAllRefused) return null
  for (let lines = 1; lines <= MOST_HEADER_LINES; lines++) {
    const trial = read({ skipLines: skipLines + lines, hasHeader: false })
    if (!isClean(trial) || trial.records !== now.records) continue
    const found = `every record has ${trial.columnCount} fields and the header ${now.columnCount}`
    const without = `--skip ${skipLines + lines} --no-header`
    if (trial.columnCount < now.columnCount) return `${found}: --ragged pad fills up with empty fields`
    return `${found}, so a name is missing there: add it to the header, or ${without} takes all fields of such files, as column0, column1 ... (--select names them: name=column0)`
  }
  return null
}

/** A header with blank lines or comments before it, or with line ends in it. */
const MOST_HEADER_LINES = 8

function adviseQuotes(plan: DataPlan, read: Read): string | null {
  const { escape, quote, trimAroundQuotes } = csvSettings(plan).source
  if (quote === NONE) return null
  if (escape !== BACKSLASH && quote !== BACKSLASH && isClean(read({ escape: BACKSLASH })))
    return "quotes in fields stand behind a backslash: --escape '\\'"
  if (!trimAroundQuotes && isClean(read({ trimAroundQuotes: true })))
    return 'blanks stand around quotes: --trim-around-quotes'
  if (isClean(read({ quote: NONE }))) return 'quotes seem to mean nothing in this file: --quote none takes them as text'
  return null
}

function adviseShort(now: Trial, read: Read): string | null {
  const isShort = now.failure === null && isClean(read({ ragged: 'pad' }))
  return isShort ? 'some records are short: --ragged pad fills them up with empty fields' : null
}

function adviseDuplicates(sample: Sample, plan: DataPlan, read: Read): string | null {
  const { hasHeader, skipLines, delimiter } = csvSettings(plan).source
  if (!hasHeader || !isClean(read({ hasHeader: false }))) return null
  const lines = Buffer.from(sample.bytes)
    .toString('utf8')
    .split(/\r?\n|\r/)
  const header = lines.slice(skipLines).find((line) => line.trim() !== '') ?? ''
  const fields = header.split(String.fromCharCode(delimiter))
  return fields.some((field) => looksLikeData(field.trim().replace(/^["']|["']$/g, '')))
    ? 'the first line looks like data: --no-header'
    : null
}

/** Numbers with a fraction or a sign, dates, times and addresses are hardly names; a year may be. */
function looksLikeData(field: string): boolean {
  return (
    /^[-+]?\d*[.,]\d+(?:e[-+]?\d+)?$/i.test(field) ||
    /^[-+]\d+$/.test(field) ||
    (/^\d+$/.test(field) && !/^(?:1[89]|20|21)\d\d$/.test(field)) ||
    /^\d{4}-\d\d-\d\d/.test(field) ||
    /^\d{1,2}[./]\d{1,2}[./]\d{2,4}/.test(field) ||
    /^\d{1,2}:\d\d/.test(field) ||
    /^[^@\s]+@[^@\s]+\.\w+$/.test(field) ||
    /^(?:true|false)$/i.test(field)
  )
}

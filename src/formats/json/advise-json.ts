import type { DataPlan } from '../../model/data-plan.ts'
import { csvSettings, withDelimitedSource } from '../csv/csv-settings.ts'
import { looksLikeMarkup } from '../magic-bytes.ts'
import { isClean, type Sample } from '../sample.ts'

const SUCH_FILES = 'in a run over such files alone (--include)'

/** What a file that is not the JSON its name says probably is, and what reads it; null: nothing that helps is known. */
export function adviseJson(sample: Sample, plan: DataPlan): string | null {
  return adviseText(sample, plan, 'json', (first) => {
    // Behind a fault in an array nobody can say where the next element starts, and as lines its elements would be lost.
    if (first === '[') return null
    const lines = sample.tryReading(plan, 'ndjson')
    return lines.records - lines.rejected > Math.max(1, lines.rejected)
      ? `it has one record a line: --from ndjson reads it and rejects just the bad lines, ${SUCH_FILES}`
      : null
  })
}

/** The same for a file of lines. */
export function adviseNdjson(sample: Sample, plan: DataPlan): string | null {
  return adviseText(sample, plan, 'ndjson', (first) => {
    if (!isClean(sample.tryReading(plan, 'json'))) return null
    const what = first === '[' ? 'one JSON array' : 'records that span lines'
    return `it looks like ${what}: --from json reads it, ${SUCH_FILES}`
  })
}

/** @param adviseOther for a file that begins like JSON. */
function adviseText(
  sample: Sample,
  plan: DataPlan,
  format: 'ndjson' | 'json',
  adviseOther: (first: '[' | '{') => string | null,
): string | null {
  const text = Buffer.from(sample.bytes).toString('utf8')
  if (looksLikeMarkup(text))
    return 'it looks like a page (HTML or XML): was one of a login or an error saved in place of the data?'
  if (isClean(sample.tryReading(plan, format))) return null
  const first = text.replace(/^\ufeff/, '').trimStart()[0]
  return first === '[' || first === '{' ? adviseOther(first) : adviseTable(sample, plan)
}

function adviseTable(sample: Sample, plan: DataPlan): string | null {
  for (const [format, delimiter, flags] of [
    ['csv', csvSettings(plan).source.delimiter, '--from csv'],
    ['csv', 0x3b, "--from csv --delim ';'"],
    ['tsv', 0x09, '--from tsv'],
  ] as const) {
    const trial = sample.tryReading(withDelimitedSource(plan, { delimiter }), format)
    if (isClean(trial) && trial.columnCount > 1) return `it looks like a table: ${flags} reads it, ${SUCH_FILES}`
  }
  return null
}

import { adviseDelimited } from '../csv/advise-delimited.ts'
import { TAB } from '../csv/csv-dialect.ts'
import { CsvReader } from '../csv/csv-reader.ts'
import { CsvWriter } from '../csv/writer/csv-writer.ts'
import { csvSettings } from '../csv/csv-settings.ts'
import { refuseOtherText } from '../csv/refuse-other-text.ts'
import { findRecordEnd } from '../find-record-end.ts'
import type { Format } from '../format.ts'

/** Csv with a tab between fields. Quotes work as in csv; `--quote none` reads raw tab-separated text. */
export const tsv: Format = {
  name: 'tsv',
  aliases: ['tab', 'tabs', 'tabdelimited'],
  extensions: ['tsv', 'tab'],
  isTable: true,
  sourceSettings: (plan) => withoutDelimiter(csvSettings(plan).source),
  targetSettings: (plan) => withoutDelimiter(csvSettings(plan).target),
  reservedInNullText: (plan) => [TAB, csvSettings(plan).target.quote],
  refuseStart: refuseOtherText,
  findRecordEnd,
  advise: (sample, plan, code) => adviseDelimited(sample, plan, 'tsv', code),
  loadStreams: async () => (await import('../csv/csv-streams.ts')).csvStreams('tsv'),
  createReader: (plan, file) => new CsvReader(plan, 'tsv', file),
  createSplittableReader: (plan, file) => new CsvReader(plan, 'tsv', file),
  createWriter: (plan, columns) => new CsvWriter(plan, 'tsv', columns),
}

/** It always is the tab, whatever the plan says of csv. */
function withoutDelimiter(dialect: { readonly delimiter: number }): object {
  const { delimiter: _ofCsv, ...rest } = dialect
  return rest
}

import type { Format } from '../format.ts'
import { findRecordEnd } from '../find-record-end.ts'
import { adviseDelimited } from './advise-delimited.ts'
import { CsvReader } from './csv-reader.ts'
import { CsvWriter } from './writer/csv-writer.ts'
import { refuseOtherText } from './refuse-other-text.ts'
import { csvSettings } from './csv-settings.ts'

/** Text with a delimiter between fields and one record a line, quoted as RFC 4180 says or as the dialect options do. */
export const csv: Format = {
  name: 'csv',
  aliases: ['comma', 'excel'],
  extensions: ['csv'],
  isTable: true,
  sourceSettings: (plan) => csvSettings(plan).source,
  targetSettings: (plan) => csvSettings(plan).target,
  reservedInNullText: (plan) => [csvSettings(plan).target.delimiter, csvSettings(plan).target.quote],
  separatesByNul: (plan) => csvSettings(plan).source.delimiter === 0,
  refuseStart: refuseOtherText,
  findRecordEnd,
  advise: (sample, plan, code) => adviseDelimited(sample, plan, 'csv', code),
  loadStreams: async () => (await import('./csv-streams.ts')).csvStreams('csv'),
  createReader: (plan, file) => new CsvReader(plan, 'csv', file),
  createSplittableReader: (plan, file) => new CsvReader(plan, 'csv', file),
  createWriter: (plan, columns) => new CsvWriter(plan, 'csv', columns),
}

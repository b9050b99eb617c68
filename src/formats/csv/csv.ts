import type { Format } from '../format.ts'
import { findRecordEnd } from '../find-record-end.ts'
import { adviseDelimited } from './advise-delimited.ts'
import { CsvReader } from './csv-reader.ts'
import { CsvWriter } from './csv-writer.ts'
import { refuseOtherText } from './refuse-other-text.ts'

/** Text with a delimiter between fields and one record a line, quoted as RFC 4180 says or as the dialect options do. */
export const csv: Format = {
  name: 'csv',
  aliases: ['comma', 'excel'],
  extensions: ['csv'],
  isTable: true,
  sourceSettings: (plan) => plan.delimitedSource,
  targetSettings: (plan) => plan.delimitedTarget,
  reservedInNullText: ({ delimitedTarget }) => [delimitedTarget.delimiter, delimitedTarget.quote],
  separatesByNul: (plan) => plan.delimitedSource.delimiter === 0,
  refuseStart: refuseOtherText,
  findRecordEnd,
  advise: (sample, plan, code) => adviseDelimited(sample, plan, 'csv', code),
  loadStreams: async () => (await import('./csv-streams.ts')).csvStreams('csv'),
  createReader: (plan, file) => new CsvReader(plan, 'csv', file),
  createSplittableReader: (plan, file) => new CsvReader(plan, 'csv', file),
  createWriter: (plan, columns) => new CsvWriter(plan, 'csv', columns),
}

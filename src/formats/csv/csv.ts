import type { Format } from '../format.ts'
import { CsvReader } from './csv-reader.ts'
import { CsvWriter } from './csv-writer.ts'

/** Text with a delimiter between fields and one record a line, quoted as RFC 4180 says or as the dialect options do. */
export const csv: Format = {
  name: 'csv',
  extensions: ['csv'],
  createReader: (plan, file) => new CsvReader(plan, 'csv', file),
  createSplittableReader: (plan, file) => new CsvReader(plan, 'csv', file),
  createWriter: (plan, columns) => new CsvWriter(plan, 'csv', columns),
}

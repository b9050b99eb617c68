import { CsvReader } from '../csv/csv-reader.ts'
import { CsvWriter } from '../csv/csv-writer.ts'
import type { Format } from '../format.ts'

/** Csv with a tab between fields. Quotes work as in csv; `--quote none` reads raw tab-separated text. */
export const tsv: Format = {
  name: 'tsv',
  extensions: ['tsv', 'tab'],
  createReader: (plan, file) => new CsvReader(plan, 'tsv', file),
  createSplittableReader: (plan, file) => new CsvReader(plan, 'tsv', file),
  createWriter: (plan, columns) => new CsvWriter(plan, 'tsv', columns),
}

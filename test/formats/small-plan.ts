// The plan that tests of readers and writers start from: each names only what it is about.
import type { DelimitedSource, DelimitedTarget } from '../../src/formats/csv/csv-settings.ts'
import type { JsonSource } from '../../src/formats/json/json-settings.ts'
import type { DataPlan } from '../../src/model/data-plan.ts'

const COMMA = 0x2c
const QUOTE = 0x22

export interface FormatChanges {
  readonly source?: Partial<DelimitedSource>
  readonly target?: Partial<DelimitedTarget>
  readonly json?: Partial<JsonSource>
}

export function smallPlan(changes: Partial<DataPlan>, { source, target, json }: FormatChanges = {}): DataPlan {
  return {
    engine: 'reference',
    encoding: 'utf-8',
    formats: {
      csv: {
        source: {
          delimiter: COMMA,
          quote: QUOTE,
          escape: QUOTE,
          comment: -1,
          hasHeader: true,
          nullText: null,
          skipLines: 0,
          quotes: 'lenient',
          trimAroundQuotes: false,
          ragged: 'reject',
          duplicateColumns: 'fail',
          unterminatedQuote: 'fail',
          ...source,
        },
        target: {
          delimiter: COMMA,
          quote: QUOTE,
          hasHeader: true,
          lineEnd: 'lf',
          nullText: null,
          nested: 'json',
          ...target,
        },
      },
      json: { maxNesting: 512, duplicateKeys: 'reject', ...json },
    },
    targetFormat: 'csv',
    select: null,
    drop: [],
    columns: [],
    maxRecordBytes: 1000,
    maxRejects: null,
    maxExpansion: null,
    chunkBytes: 64,
    splitBytes: 1024 * 1024,
    hashSources: false,
    pacing: null,
    ...changes,
  }
}

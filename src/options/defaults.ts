import { CSV_DEFAULTS } from '../formats/csv/csv-defaults.ts'
import { JSON_DEFAULTS } from '../formats/json/json-defaults.ts'

/**
 * Every default of a run, as a user would type it: the schema fills it in, the help shows it, and it stands here (or in the folder of its
 * format) and nowhere else. Plain, since the help loads no schema. What is missing has none: a list is empty, a switch is off.
 */
export const DEFAULTS = {
  ...CSV_DEFAULTS,
  ...JSON_DEFAULTS,
  others: 'skip',
  targetName: 'replace',
  encoding: 'utf-8',
  threads: 'auto',
  engine: 'auto',
  orderBy: 'size,descending',
  fsync: true,
  retries: 3,
  halt: 'never',
  maxRecordSize: '16MiB',
  maxExpansion: 1000,
  splitSize: '64MiB',
  chunkSize: '256k',
  overlap: 1,
} as const

/** The format of targets where `--to` does not say it: where a source is a table, and where all are records of another kind. */
export const DEFAULT_TARGETS = { ofTables: 'ndjson', ofRecords: 'csv' } as const

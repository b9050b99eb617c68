import { findRecordEnd } from '../find-record-end.ts'
import type { Format } from '../format.ts'
import { adviseNdjson } from '../json/advise-json.ts'
import { jsonSource } from '../json/json-settings.ts'
import { NdjsonReader } from './ndjson-reader.ts'
import { NdjsonWriter } from './ndjson-writer.ts'

/** Newline-delimited JSON, also known as JSON Lines: one object a line. */
export const ndjson: Format = {
  name: 'ndjson',
  aliases: ['jsonl', 'jsonlines', 'jsonline', 'jl', 'ldjson', 'linejson', 'newlinedelimitedjson'],
  extensions: ['ndjson', 'jsonl'],
  isTable: false,
  sourceSettings: jsonSource,
  targetSettings: () => null,
  findRecordEnd: (head) => findRecordEnd(head, null),
  advise: adviseNdjson,
  loadStreams: async () => (await import('./ndjson-streams.ts')).ndjsonStreams,
  createReader: (plan, file) => new NdjsonReader(plan, file),
  createSplittableReader: (plan, file) => new NdjsonReader(plan, file),
  createWriter: () => new NdjsonWriter(),
}

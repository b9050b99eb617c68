import type { Format } from '../format.ts'
import { adviseJson } from './advise-json.ts'
import { JsonReader } from './json-reader.ts'
import { JsonWriter } from './json-writer.ts'
import { jsonSource } from './json-settings.ts'

/** JSON files: read as one array of objects or as objects one after another, written as an array with one object a line. */
export const json: Format = {
  name: 'json',
  aliases: [],
  extensions: ['json'],
  isTable: false,
  sourceSettings: jsonSource,
  targetSettings: () => null,
  advise: adviseJson,
  loadStreams: async () => (await import('./json-streams.ts')).jsonStreams,
  createReader: (plan, file) => new JsonReader(plan, file),
  createWriter: () => new JsonWriter(),
}

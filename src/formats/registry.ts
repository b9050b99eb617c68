import type { FormatName } from '../model/format-name.ts'
import { csv } from './csv/csv.ts'
import type { Format } from './format.ts'
import { json } from './json/json.ts'
import { ndjson } from './ndjson/ndjson.ts'
import { tsv } from './tsv/tsv.ts'

/** All formats: a new one is one folder and one line here. */
const FORMATS: Readonly<Record<FormatName, Format>> = { csv, tsv, ndjson, json }

export function getFormat(name: FormatName): Format {
  return FORMATS[name]
}

const FORMATS_BY_EXTENSION = new Map(
  Object.values(FORMATS).flatMap((format) => format.extensions.map((extension) => [extension, format.name] as const)),
)

/** The format that a file's name stands for by its last extension, in upper or lower case; null: none. */
export function formatOfName(name: string): FormatName | null {
  const dot = name.lastIndexOf('.')
  return dot < 0 ? null : (FORMATS_BY_EXTENSION.get(name.slice(dot + 1).toLowerCase()) ?? null)
}

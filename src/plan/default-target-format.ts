import { formatNames, getFormat } from '../formats/registry.ts'
import type { FormatName } from '../model/format-name.ts'
import type { SourceList } from '../model/source-list.ts'

const OF_TABLES = 'ndjson'
const OF_RECORDS = 'csv'

/** The format of targets where `--to` does not say it: ndjson, or csv when no source is a table. Copies do not count. */
export function defaultTargetFormat(files: SourceList): FormatName {
  let hasOthers = false
  for (let index = 0; index < files.length; index++) {
    const format = files.format(index)
    if (format === 'bytes') continue
    if (getFormat(format).isTable) return OF_TABLES
    hasOthers = true
  }
  return hasOthers ? OF_RECORDS : OF_TABLES
}

/** The same in words, for the help. */
export function describeDefaultFormat(): string {
  const others = formatNames().filter((name) => !getFormat(name).isTable)
  return `${OF_TABLES}; ${OF_RECORDS} when all sources are ${others.join(' or ')}`
}

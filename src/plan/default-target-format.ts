import { getFormat } from '../formats/registry.ts'
import { DEFAULT_TARGETS } from '../options/defaults.ts'
import type { FormatName } from '../model/format-name.ts'
import type { SourceList } from '../model/source-list.ts'

/** The format of targets where `--to` does not say it: ndjson, or csv when no source is a table. Copies do not count. */
export function defaultTargetFormat(files: SourceList): FormatName {
  let hasOthers = false
  for (let index = 0; index < files.length; index++) {
    const format = files.format(index)
    if (format === 'bytes') continue
    if (getFormat(format).isTable) return DEFAULT_TARGETS.ofTables
    hasOthers = true
  }
  return hasOthers ? DEFAULT_TARGETS.ofRecords : DEFAULT_TARGETS.ofTables
}

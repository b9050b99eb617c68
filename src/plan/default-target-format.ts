import type { FormatName } from '../model/format-name.ts'
import type { SourceList } from '../model/source-list.ts'

/** The format of targets where `--to` does not say it: ndjson, or csv when all sources are NDJSON or JSON. Copies do not count. */
export function defaultTargetFormat(files: SourceList): FormatName {
  let hasJson = false
  for (let index = 0; index < files.length; index++) {
    const format = files.format(index)
    if (format === 'csv' || format === 'tsv') return 'ndjson'
    if (format !== 'bytes') hasJson = true
  }
  return hasJson ? 'csv' : 'ndjson'
}

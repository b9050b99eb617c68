import { posix } from 'node:path'
import { SourceList } from '../../src/model/source-list.ts'
import type { SourceFormat } from '../../src/model/source-list.ts'

const FORMATS: readonly SourceFormat[] = ['csv', 'tsv', 'ndjson', 'json']

/** A list of sources by their paths; the format is what the extension says, else csv. Size 10 and time 1000 unless given. */
export function sourceListOf(paths: readonly string[], sizeBytes = 10, mtimeNs = 1000n): SourceList {
  const files = new SourceList()
  let folder: string | null = null
  let number = 0
  for (const path of paths) {
    const dir = posix.dirname(path) === '.' ? '' : posix.dirname(path)
    if (dir !== folder) {
      number = files.addFolder(dir)
      folder = dir
    }
    const format = path.endsWith('.bytes') ? 'bytes' : (FORMATS.find((name) => path.endsWith(`.${name}`)) ?? 'csv')
    files.add(number, posix.basename(path), sizeBytes, mtimeNs, format)
  }
  return files
}

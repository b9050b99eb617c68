import { MigrationError } from '../errors/migration-error.ts'
import { getFormat } from '../formats/registry.ts'
import type { FormatName } from '../model/format-name.ts'
import type { SourceList } from '../model/source-list.ts'

/**
 * The stream engine needs libraries for each format, which formats of third parties need not have.
 * @throws MigrationError WRONG_USE, before anything is converted.
 */
export function refuseWithoutStreams(files: SourceList, targetFormat: FormatName): void {
  const formats = new Set<FormatName>()
  for (let index = 0; index < files.length; index++) {
    const format = files.format(index)
    if (format !== 'bytes') formats.add(format)
  }
  // Copies go through no engine.
  if (formats.size > 0) formats.add(targetFormat)
  const unknown = [...formats].find((format) => getFormat(format).loadStreams === undefined)
  if (unknown === undefined) return
  throw new MigrationError('WRONG_USE', `--engine stream knows no ${unknown}`, {
    phase: 'plan',
    hint: 'leave --engine out: the other engines do',
  })
}

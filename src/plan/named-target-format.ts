import { extname } from 'node:path'
import { MigrationError } from '../errors/migration-error.ts'
import { printableName } from '../errors/printable-name.ts'
import { formatNames } from '../formats/registry.ts'
import type { FormatName } from '../model/format-name.ts'

/**
 * What a target that `--out` names is to be, by its extension; null where it has none. A name that ends in anything else would lie
 * about what is in it: nothing is compressed, and there is no Parquet.
 * @throws MigrationError WRONG_USE for an extension that no format has.
 */
export function namedTargetFormat(name: string, formatOfName: (name: string) => FormatName | null): FormatName | null {
  const format = formatOfName(name)
  const extension = extname(name)
  if (format !== null || extension === '') return format
  const known = formatNames()
    .map((format) => `.${format}`)
    .join(', ')
  const compressed = formatOfName(name.slice(0, -extension.length)) !== null
  throw new MigrationError(
    'WRONG_USE',
    `--out ${printableName(name)}: no format that can be written has the extension "${printableName(extension)}"`,
    {
      phase: 'plan',
      hint: compressed
        ? `targets are written as they are, not compressed: try --out ${printableName(name.slice(0, -extension.length))}`
        : `end the name in one of ${known}, or say the format with --to`,
    },
  )
}

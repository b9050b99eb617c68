import { readGiven } from '../errors/read-given.ts'
import { loadFormats } from '../formats/load-formats.ts'
import type { MigrateOptions } from '../options/options.ts'

/** Loads the formats that options name, before the options are checked: `to` and `from` may name them. What is no path is left to the check. */
export async function loadFormatsOf(options: Pick<MigrateOptions, 'formats'> | null | undefined): Promise<void> {
  const formats: unknown = readGiven('options', () => options?.formats)
  const modules: readonly unknown[] = Array.isArray(formats) ? formats : [formats]
  await loadFormats(modules.filter((module): module is string => typeof module === 'string' && module !== ''))
}

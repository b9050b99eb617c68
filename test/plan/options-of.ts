import { OptionsSchema } from '../../src/options/options.ts'
import type { MigrateOptions, ResolvedOptions } from '../../src/options/options.ts'

/** Options as they are after validation, with defaults for all but what is given. */
export function optionsOf(options: Partial<MigrateOptions> = {}): ResolvedOptions {
  return OptionsSchema.parse({ in: 'in', out: 'out', ...options })
}

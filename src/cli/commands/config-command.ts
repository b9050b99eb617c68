import { printableName } from '../../errors/printable-name.ts'
import { checkAnySettings } from '../settings/check-settings.ts'
import { defaultOf, FLAGS } from '../flags.ts'
import { SECRET_FLAGS } from '../flags/cluster-flags.ts'
import type { Host } from '../host.ts'
import type { Setting, Settings } from '../settings/resolve-settings.ts'

/**
 * `migrate config`: every option with its value and where that comes from. The output is YAML, and a configuration file that
 * means the same. @returns the exit code.
 */
export async function configCommand(settings: Settings, host: Host): Promise<number> {
  const values = checkAnySettings(settings)
  const rows = FLAGS.filter((flag) => flag.key !== 'config').map((flag) => {
    const setting = settings.get(flag.key)
    // As a user would type it: the schema's own value may be in another unit (milliseconds, bytes).
    const value = setting === undefined ? (defaultOf(flag) ?? values.get(flag.key)) : setting.value
    const isSet = value !== undefined && value !== null
    const text =
      isSet && SECRET_FLAGS.has(flag.key)
        ? `# ${flag.key}: (set, not shown)`
        : isSet
          ? `${flag.key}: ${formatValue(value)}`
          : `# ${flag.key}:`
    return { text, origin: describeOrigin(setting, isSet) }
  })
  const width = Math.min(48, Math.max(...rows.map((row) => row.text.length)))
  for (const { text, origin } of rows) host.stdout.write(`${text.padEnd(width)}  # ${origin}\n`)
  return 0
}

/** JSON is YAML; words are only put in quotes where YAML would read something else. */
function formatValue(value: unknown): string {
  const isPlain =
    typeof value === 'string' &&
    /^[a-z][\w./-]*$/i.test(value) &&
    !/^(?:y|n|yes|no|on|off|true|false|null)$/i.test(value)
  return isPlain ? value : JSON.stringify(value)
}

function describeOrigin(setting: Setting | undefined, isSet: boolean): string {
  if (setting === undefined) return isSet ? 'default' : 'not set'
  return setting.origin.from === 'flag'
    ? `flag ${setting.origin.name}`
    : `${setting.origin.from} ${printableName(setting.origin.name)}`
}

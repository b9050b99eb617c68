import { fromWireError, MigrationError, toWireError } from '../errors/migration-error.ts'
import { printableName } from '../errors/printable-name.ts'
import { readDroverVersion } from '../report/drover-version.ts'
import { exitCodeOfError } from './exit-code.ts'
import { formatError } from './terminal/format-error.ts'
import type { Host, OutputStream } from './host.ts'
import { parseArguments } from './settings/parse-arguments.ts'
import type { CommandName } from './flags/flag.ts'
import { resolveSettings, settingsOfFlags } from './settings/resolve-settings.ts'
import type { ResolvedSettings, Settings } from './settings/resolve-settings.ts'

/**
 * The command line: reads what the user asked for, puts the settings together and hands over to one command. Commands and
 * their libraries are loaded when they are needed, so that `--help` and `--version` cost little more than Node itself.
 *
 * @returns the exit code; never ends the process, never throws.
 */
export async function main(host: Host): Promise<number> {
  ignoreBrokenPipe(host.stdout)
  ignoreBrokenPipe(host.stderr)
  try {
    const parsed = parseArguments(host.argv, readDroverVersion)
    if (parsed.kind === 'print') {
      host.stdout.write(parsed.text)
      return 0
    }
    const resolved = HAS_NO_CONFIG.has(parsed.command)
      ? { settings: settingsOfFlags(parsed.flags, host.cwd), suspects: [], faults: [] }
      : await resolveSettings(parsed.flags, host.env, host.cwd)
    if (resolved.faults.length > 0) throw await describeFaults(resolved)
    warnOfSuspects(resolved, host)
    if (resolved.settings.has('formats')) await loadFormatsOf(resolved)
    const command = await COMMAND_LOADERS[parsed.command]()
    return await command(resolved.settings, host, parsed.words)
  } catch (thrown) {
    const error = thrown instanceof MigrationError ? thrown : fromWireError(toWireError(thrown, { phase: 'options' }))
    host.stderr.write(formatError(error))
    return exitCodeOfError(error)
  }
}

/**
 * Formats come before all checks, which must know their names.
 * @throws MigrationError CONFIG_INVALID for a file that was found by itself: it is data, and code runs only where the user named it.
 */
async function loadFormatsOf({ settings }: Pick<ResolvedSettings, 'settings'>): Promise<void> {
  const [formats, config] = [settings.get('formats'), settings.get('config')]
  if (formats?.origin.from === 'file' && config?.origin.from === 'file') {
    const name = printableName(formats.origin.name)
    throw new MigrationError('CONFIG_INVALID', `${name} names formats, which run code, and was found by itself`, {
      phase: 'options',
      hint: `say that you mean it: --config ${name}`,
    })
  }
  const { loadFormatsOf: load } = await import('../control/load-formats-of.ts')
  await load({ formats: formats?.value as string[] })
}

/** Commands that work on what is named on the command line alone: a `report` in a configuration file is meant for runs. */
const HAS_NO_CONFIG: ReadonlySet<CommandName> = new Set(['report'])

type RunCommand = (settings: Settings, host: Host, words: readonly string[]) => Promise<number>

const COMMAND_LOADERS: Readonly<Record<CommandName, () => Promise<RunCommand>>> = {
  run: async () => (await import('./commands/run-command.ts')).runCommand,
  plan: async () => (await import('./commands/plan-command.ts')).planCommand,
  bench: async () => (await import('./commands/bench-command.ts')).benchCommand,
  config: async () => (await import('./commands/config-command.ts')).configCommand,
  report: async () => (await import('./commands/report-command.ts')).reportCommand,
  worker: async () => (await import('./commands/worker-command.ts')).workerCommand,
  status: async () => (await import('./commands/status-command.ts')).statusCommand,
  dashboard: async () => (await import('./commands/dashboard-command.ts')).dashboardCommand,
}

/** What is wrong with the keys of a configuration file, together with what is wrong with values: all at once. */
async function describeFaults({ faults, settings }: ResolvedSettings): Promise<MigrationError> {
  const { faultsOf } = await import('./settings/check-settings.ts')
  const others = faultsOf(settings)
  const [only] = faults
  if (only !== undefined && faults.length + others.length === 1)
    return new MigrationError('CONFIG_INVALID', only.message, { phase: 'options', hint: only.hint })
  const unknown = faults.map(({ message, hint }) => (hint === undefined ? message : `${message} (${hint})`))
  return new MigrationError('CONFIG_INVALID', [...unknown, ...others].join('; '), { phase: 'options' })
}

/** A reader that goes away (`migrate plan | head`) must not end a run; a full disk below a log neither. */
function ignoreBrokenPipe(stream: OutputStream): void {
  stream.on('error', () => {})
}

function warnOfSuspects({ settings, suspects }: ResolvedSettings, host: Host): void {
  if (settings.get('quiet')?.value === true || settings.get('useJsonLog')?.value === true) return
  for (const { name, meant } of suspects) host.stderr.write(`migrate: ${name} is not used: did you mean ${meant}?\n`)
}

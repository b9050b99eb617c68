import { fromWireError, MigrationError, toWireError } from '../../errors/migration-error.ts'
import { printableMessage } from '../../errors/printable-name.ts'
import type { MigrateEvent, MigrateHooks } from '../../model/events.ts'
import type { Report } from '../../model/report.ts'
import { checkSettings } from '../settings/check-settings.ts'
import { isOnCluster } from '../settings/cluster-options.ts'
import { EXIT_CODES, exitCodeOfError, exitCodeOfReport, exitCodeOfSignal } from '../exit-code.ts'
import { formatError } from '../terminal/format-error.ts'
import { formatSummary } from '../terminal/format-summary.ts'
import { paintFor } from '../host.ts'
import type { Host } from '../host.ts'
import { chooseProgressView } from '../terminal/choose-progress-view.ts'
import type { ProgressView } from '../terminal/progress-view.ts'
import type { Settings } from '../settings/resolve-settings.ts'
import { watchSignals } from '../signals.ts'
import { wrongUse } from '../settings/wrong-use.ts'

/** `migrate run`: converts, shows how far it is, and says how it ended. @returns the exit code. */
export async function runCommand(settings: Settings, host: Host): Promise<number> {
  const { options, resolved, display } = checkSettings(settings)
  if (display.dryRun) {
    if (display.report.length > 0) throw wrongUse('--report needs a run, but --dry-run only plans')
    const { planCommand } = await import('./plan-command.ts')
    return planCommand(settings, host)
  }
  if (display.explain) throw wrongUse('--explain belongs to the plan', 'add --dry-run, or use: migrate plan --explain')
  const log =
    display.useJsonLog || display.logFile !== undefined
      ? (await import('../terminal/log.ts')).openLog(display, host.stderr)
      : null
  const view = await chooseProgressView(display, host)
  const watch = watchStops(host, view, isOnCluster(settings))
  // The stream engine makes objects of all rows, and a coordinator of all commit records: they need room for them.
  const collectEarly = options.engine === 'stream' || isOnCluster(settings) ? () => {} : host.collectEarly
  collectEarly()
  const onEvent = (event: MigrateEvent) => {
    log?.take(event)
    // Threads that have started meanwhile have undone a part of it.
    if (event.type === 'progress') collectEarly()
    if (event.type === 'warning' && SAID_AT_ONCE.has(event.code))
      view.say(`warning: ${printableMessage(event.message)}`)
    view.show(event)
  }
  try {
    const report = await convert({ signal: watch.signal, onEvent })
    view.stop()
    const reportError = await saveReports(report, display.report)
    const ownCode = exitCodeOfReport(report, resolved.errorOnEmpty)
    const exitCode = reportError !== null && ownCode === EXIT_CODES.done ? EXIT_CODES.unexpected : ownCode
    log?.finish(report, exitCode)
    if (!display.useJsonLog) {
      const paint = paintFor(host.stderr, host.env)
      host.stderr.write(formatSummary(report, { paint, verbose: display.verbose, isQuiet: display.quiet }))
    }
    if (reportError !== null) tell(reportError, exitCode)
    return exitCode
  } catch (thrown) {
    view.stop()
    const error = asMigrationError(thrown)
    const exitCode = exitCodeOfSignal(watch.received) ?? exitCodeOfError(error)
    tell(error, exitCode)
    return exitCode
  } finally {
    watch.stop()
  }

  async function convert(hooks: MigrateHooks): Promise<Report> {
    if (!isOnCluster(settings)) return (await import('../../migrate.ts')).migrate(options, hooks)
    const { runOnCluster } = await import('./run-on-cluster.ts')
    return runOnCluster(settings, options, hooks)
  }

  function tell(error: MigrationError, exitCode: number): void {
    log?.refuse(error, exitCode)
    if (!display.useJsonLog) host.stderr.write(formatError(error))
  }
}

/** What signals do: the first lets what is finished be kept, the second ends the process at once. */
function watchStops(host: Host, view: ProgressView, isCluster: boolean): ReturnType<typeof watchSignals> {
  const [nodesToo, leavingNodes] = isCluster ? [' the nodes too', ', and leave the nodes running'] : ['', '']
  return watchSignals(
    host.signals,
    (signal) => view.say(`${signal}: stopping${nodesToo}; finished files are kept (again: end at once${leavingNodes})`),
    (exitCode) => {
      view.stop()
      host.endProcess(exitCode)
    },
    // Nodes may take longer to stop, and go on where nobody waits for them.
    isCluster
      ? undefined
      : (signal) => {
          view.stop()
          host.stderr.write(
            `migrate: ${signal}: ended without waiting for what hangs; run the same command again to go on\n`,
          )
          host.dieOf(signal)
        },
  )
}

/** Warnings that the user may want to act on before the end; the summary has all of them. */
const SAID_AT_ONCE: ReadonlySet<string> = new Set([
  'NO_SPACE_LIKELY',
  'RUN_ACTIVE',
  'QUEUE_UNREACHABLE',
  'JOINED',
  'PLAN_REFUSED',
])

/** The run is over by then, so a path that cannot be written is told and nothing is lost. */
async function saveReports(report: Report, paths: readonly string[]): Promise<MigrationError | null> {
  return paths.length === 0 ? null : (await import('../report/write-reports.ts')).writeReports(report, paths)
}

function asMigrationError(thrown: unknown): MigrationError {
  return thrown instanceof MigrationError ? thrown : fromWireError(toWireError(thrown, { phase: 'options' }))
}

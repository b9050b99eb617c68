import { printableName } from '../../errors/printable-name.ts'
import { checkSettings } from '../settings/check-settings.ts'
import { EXIT_CODES } from '../exit-code.ts'
import type { Host } from '../host.ts'
import { printPlan } from '../terminal/print-plan.ts'
import type { Settings } from '../settings/resolve-settings.ts'

/**
 * `migrate plan`: what would happen. Nothing is written, so signals are left to their defaults: there is nothing to end in
 * order. @returns the exit code.
 */
export async function planCommand(settings: Settings, host: Host): Promise<number> {
  const { options, resolved, display } = checkSettings(settings, 'migrate plan')
  // Decisions are printed as they are made: there may be a million of them, and they help most where the plan then fails.
  const onDecision = (path: string, isTaken: boolean, rule: string) => {
    if (host.stdout.writable)
      host.stdout.write(`${isTaken ? '+' : '-'} ${printableName(path)}\t${printableName(rule)}\n`)
  }
  const { plan } = await import('../../index.ts')
  const planned = await plan(options, display.explain ? { onDecision } : {})
  await printPlan(planned, host, { isExplained: display.explain, isQuiet: display.quiet })
  if (planned.failures.length > 0) return planned.fileCount > 0 ? EXIT_CODES.someFailed : EXIT_CODES.allFailed
  return planned.fileCount === 0 && resolved.errorOnEmpty ? EXIT_CODES.emptySource : EXIT_CODES.done
}

import { resolve } from 'node:path'
import { printableName } from '../errors/printable-name.ts'
import { checkDisplay } from './check-settings.ts'
import { EXIT_CODES } from './exit-code.ts'
import { formatError } from './format-error.ts'
import { formatSummary } from './format-summary.ts'
import { paintFor } from './host.ts'
import type { Host } from './host.ts'
import { readReport } from './report/read-report.ts'
import { renderReport } from './report/render-report.ts'
import { writeReports } from './report/write-reports.ts'
import type { Settings } from './resolve-settings.ts'
import { wrongUse } from './wrong-use.ts'

/**
 * `migrate report FILE.json`: shows a saved report on standard output, or writes it in other forms. @returns the exit code, which says
 * whether the rendering worked, not how the run went.
 */
export async function reportCommand(settings: Settings, host: Host, words: readonly string[]): Promise<number> {
  const display = checkDisplay(settings)
  const [path, second] = words
  if (path === undefined) throw wrongUse('the report is missing', 'for example: migrate report run.json --as html')
  if (second !== undefined) throw wrongUse(`one report at a time: "${printableName(second)}" is a second one`)
  const report = readReport(resolve(host.cwd, path), printableName(path))
  const error = await writeReports(report, display.report)
  if (display.as !== undefined || display.report.length === 0) {
    const paint = paintFor(host.stdout, host.env)
    const text =
      display.as === undefined || display.as === 'terminal'
        ? formatSummary(report, { paint, verbose: display.verbose, isQuiet: display.quiet })
        : await renderReport(report, display.as)
    host.stdout.write(text)
  }
  if (error === null) return EXIT_CODES.done
  host.stderr.write(formatError(error))
  return EXIT_CODES.unexpected
}

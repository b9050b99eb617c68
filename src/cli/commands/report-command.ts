import { resolve } from 'node:path'
import { printableName } from '../../errors/printable-name.ts'
import { checkDisplay } from '../settings/check-settings.ts'
import { EXIT_CODES, exitCodeOfReport } from '../exit-code.ts'
import { formatError } from '../terminal/format-error.ts'
import { formatSummary } from '../terminal/format-summary.ts'
import { paintFor } from '../host.ts'
import type { Host } from '../host.ts'
import type { Report } from '../../model/report.ts'
import { readReport } from '../report/read-report.ts'
import { renderReport } from '../report/render-report.ts'
import { writeReports } from '../report/write-reports.ts'
import type { Settings } from '../settings/resolve-settings.ts'
import { wrongUse } from '../settings/wrong-use.ts'

/**
 * `migrate report FILE.json`: shows a saved report on standard output, or writes it in other forms. `migrate report merge ...` does the same
 * with the reports of all shards as one. @returns the exit code: whether the rendering worked, and for `merge` that of a run over the whole tree.
 */
export async function reportCommand(settings: Settings, host: Host, words: readonly string[]): Promise<number> {
  const display = checkDisplay(settings)
  const isMerge = words[0] === 'merge'
  const report = isMerge
    ? (await import('./merge-command.ts')).readMerged(words.slice(1), host.cwd)
    : readOne(words, host.cwd)
  const error = await writeReports(report, display.report)
  if (display.as !== undefined || display.report.length === 0) {
    const paint = paintFor(host.stdout, host.env)
    const text =
      display.as === undefined || display.as === 'terminal'
        ? formatSummary(report, { paint, verbose: display.verbose, isQuiet: display.quiet })
        : await renderReport(report, display.as)
    host.stdout.write(text)
  }
  const ownCode = isMerge ? exitCodeOfReport(report, false) : EXIT_CODES.done
  if (error === null) return ownCode
  host.stderr.write(formatError(error))
  return EXIT_CODES.unexpected
}

function readOne([path, second]: readonly string[], workingFolder: string): Report {
  if (path === undefined) throw wrongUse('the report is missing', 'for example: migrate report run.json --as html')
  if (second !== undefined)
    throw wrongUse(
      `one report at a time: "${printableName(second)}" is a second one`,
      'reports of shards are put together by: migrate report merge new/',
    )
  return readReport(resolve(workingFolder, path), printableName(path))
}

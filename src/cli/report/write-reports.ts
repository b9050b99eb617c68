import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { MigrationError, toWireError } from '../../errors/migration-error.ts'
import { printableName } from '../../errors/printable-name.ts'
import type { Report } from '../../model/report.ts'
import { renderReport } from './render-report.ts'
import { reportFormatOf } from './report-format.ts'

/**
 * Writes a report to each path, in the form that its extension says; the extensions are checked before.
 * @returns the last error, or null: a path that cannot be written costs none of the others.
 */
export async function writeReports(report: Report, paths: readonly string[]): Promise<MigrationError | null> {
  let error: MigrationError | null = null
  for (const path of paths) {
    try {
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, await renderReport(report, reportFormatOf(path) ?? 'json'))
    } catch (thrown) {
      const { code, message } = toWireError(thrown, { phase: 'write', file: path })
      error = new MigrationError(code, `--report ${printableName(path)} cannot be written: ${message}`, {
        phase: 'write',
      })
    }
  }
  return error
}

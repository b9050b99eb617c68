import { readFileSync } from 'node:fs'
import { isSystemError, MigrationError } from '../../errors/migration-error.ts'
import { printableName } from '../../errors/printable-name.ts'
import { ReportSchema, type Report } from '../../model/report.ts'
import { wrongUse } from '../settings/wrong-use.ts'

/**
 * Reads a report that `--report FILE.json` wrote.
 * @param name the path as messages show it.
 * @throws MigrationError NO_SUCH_SOURCE where there is no such file; WRONG_USE where it holds no report, or one of another version.
 */
export function readReport(path: string, name: string): Report {
  const content = parse(readText(path, name), name)
  const version = (content as { reportVersion?: unknown } | null)?.reportVersion
  if (version === undefined) {
    throw wrongUse(`${name} holds no report`, 'a report is written by: migrate --in old/ --out new/ --report run.json')
  }
  const known = ReportSchema.shape.reportVersion.value
  if (version !== known) {
    throw wrongUse(
      `${name} is a report of version ${JSON.stringify(version)}, and this Drover reads version ${known}`,
      'render it with the version of Drover that wrote it: it stands in its droverVersion',
    )
  }
  const result = ReportSchema.safeParse(content)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const place = issue?.path.map(String).join('.') ?? ''
  throw wrongUse(
    `${name} is no whole report: ${printableName(`${place}: ${issue?.message ?? ''}`)}`,
    'it was changed, or written by a development version of Drover',
  )
}

function readText(path: string, name: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (thrown) {
    if (!isSystemError(thrown)) throw thrown
    if (thrown.code === 'ENOENT') {
      throw new MigrationError('NO_SUCH_SOURCE', `there is no report ${name}`, {
        phase: 'options',
        hint: 'a report is written by: migrate --in old/ --out new/ --report run.json',
      })
    }
    throw wrongUse(`${name} cannot be read: ${thrown.message.replace(/, \w+( '.*')?$/, '')}`)
  }
}

function parse(text: string, name: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw wrongUse(`${name} is not JSON`, 'only a report that was saved as .json can be rendered')
  }
}

import { z } from 'zod'
import { CLI_DEFAULTS } from '../flags/cli-defaults.ts'
import { duration, onePath } from '../../options/options.ts'
import { faultOfPath } from '../../model/paths/path-text.ts'
import { REPORT_EXTENSIONS, REPORT_FORMATS, reportFormatOf } from '../report/report-format.ts'

/** The options that only the command line has, beside OptionsSchema: what is drawn, said and logged, and where. */
export const DisplayOptionsSchema = z.strictObject({
  config: z.string().min(1).optional(),
  /** Missing: drawn on a terminal outside CI. */
  progress: z.boolean().optional(),
  /** Milliseconds between two lines of figures; 0: none. */
  stats: duration.prefault(CLI_DEFAULTS.stats),
  statsOneLine: z.boolean().default(false),
  verbose: z.number().int().min(0).max(2).default(0),
  quiet: z.boolean().default(false),
  logLevel: z.enum(['debug', 'info', 'warn', 'error']).default(CLI_DEFAULTS.logLevel),
  logFile: onePath.optional(),
  useJsonLog: z.boolean().default(false),
  report: z
    .union([z.string(), z.array(z.string())])
    .transform((value) => (typeof value === 'string' ? [value] : value))
    .superRefine((paths, context) => {
      for (const [index, path] of paths.entries()) {
        const fault = faultOfPath(path) ?? faultOfReportName(path)
        if (fault !== null) context.addIssue({ code: 'custom', path: [index], message: fault })
      }
    })
    .default([]),
  /** The form that `migrate report` prints. */
  as: z.enum(REPORT_FORMATS).optional(),
  dryRun: z.boolean().default(false),
  explain: z.boolean().default(false),
})

export type DisplayOptions = z.output<typeof DisplayOptionsSchema>

function faultOfReportName(path: string): string | null {
  return reportFormatOf(path) === null ? `the name of a report must end in ${REPORT_EXTENSIONS.join(', ')}` : null
}

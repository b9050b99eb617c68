import { z } from 'zod'
import { CLI_DEFAULTS } from '../flags/cli-defaults.ts'
import { onePath } from '../../options/options.ts'

const path = onePath.optional()

/** The options that only `migrate bench` has, beside those of a run. */
export const BenchOptionsSchema = z.strictObject({
  /** The numbers of threads. */
  parameterList: z
    .union([z.array(z.string()), z.string().transform((text) => text.trim().split(/\s+/))])
    .transform((words, context) => {
      const [name, list] = words
      if (words.length === 2 && name === 'threads' && list !== undefined) return list
      context.addIssue({ code: 'custom', message: `"${words.join(' ')}" is not "threads" and a list (like 1,2,4,8)` })
      return z.NEVER
    })
    .optional(),
  runs: z.coerce.number().int().min(1).max(1000).default(CLI_DEFAULTS.runs),
  warmup: z.coerce.number().int().min(0).max(100).default(CLI_DEFAULTS.warmup),
  cold: z.boolean().default(false),
  ladder: z.boolean().default(false),
  exportJson: path,
  exportCsv: path,
  exportMarkdown: path,
  exportHtml: path,
  baseline: path,
})

export type BenchOptions = z.output<typeof BenchOptionsSchema>

import { z } from 'zod'
import { formatNames, getFormat } from '../formats/registry.ts'
import type { FormatName } from '../model/format-name.ts'

/** What is given for formats of third parties: by the format, then by the name of the option. */
type GivenOptions = Readonly<Record<string, Readonly<Record<string, string>>>>

const FORM = /^([a-z][a-z0-9]*)\.([A-Za-z][\w-]*)=(.*)$/s

/** `NAME.KEY=VALUE`, several times: options that formats of third parties have of their own. The formats are asked what they are worth. */
export const formatOption = z
  .union([z.string().transform((text) => [text]), z.array(z.string())])
  .superRefine((texts, context) => {
    for (const text of texts) {
      const format = FORM.exec(text)?.[1]
      const fault = format === undefined ? 'is not an option of a format (like name.key=value)' : faultOfName(format)
      if (fault !== null) context.addIssue({ code: 'custom', message: `"${text}" ${fault}` })
    }
    for (const [format, options] of Object.entries(readFormatOptions(texts))) {
      const fault = hasOptions(format) ? faultOfOptions(format, options) : null
      if (fault !== null) context.addIssue({ code: 'custom', message: fault })
    }
  })

/** @param texts that were checked. Of two for one option the later one holds. */
export function readFormatOptions(texts: readonly string[]): GivenOptions {
  const given: Record<string, Record<string, string>> = {}
  for (const text of texts) {
    const [, format, key, value] = FORM.exec(text) ?? []
    if (format !== undefined && key !== undefined && value !== undefined) (given[format] ??= {})[key] = value
  }
  return given
}

function faultOfName(format: string): string | null {
  if (!formatNames().includes(format as FormatName)) return 'names no format: --formats loads those of modules'
  // Those of csv, say, are flags.
  return hasOptions(format) ? null : `is for ${format}, which has no options of this kind`
}

function hasOptions(format: string): boolean {
  return formatNames().includes(format as FormatName) && getFormat(format as FormatName).checkOptions !== undefined
}

/** What a format finds wrong with the options that are given for it; null: nothing. */
export function faultOfOptions(format: string, options: Readonly<Record<string, string>>): string | null {
  try {
    getFormat(format as FormatName).checkOptions?.(options)
    return null
  } catch (error) {
    return `${format}: ${error instanceof Error ? error.message : String(error)}`
  }
}

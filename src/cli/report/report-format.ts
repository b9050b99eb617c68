import { extname } from 'node:path'

/** The forms that a report is written in. `terminal` is for people at a prompt and has no file extension. */
export const REPORT_FORMATS = ['terminal', 'json', 'csv', 'markdown', 'html'] as const

export type ReportFormat = (typeof REPORT_FORMATS)[number]

export type ReportFileFormat = Exclude<ReportFormat, 'terminal'>

const FORMAT_BY_EXTENSION: Readonly<Record<string, ReportFileFormat>> = {
  '.json': 'json',
  '.csv': 'csv',
  '.md': 'markdown',
  '.markdown': 'markdown',
  '.html': 'html',
}

export const REPORT_EXTENSIONS = Object.keys(FORMAT_BY_EXTENSION)

/** What the name of a file says that a report in it is; null where it says nothing. */
export function reportFormatOf(path: string): ReportFileFormat | null {
  return FORMAT_BY_EXTENSION[extname(path).toLowerCase()] ?? null
}

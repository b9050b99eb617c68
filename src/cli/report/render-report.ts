import type { Report } from '../../model/report.ts'
import type { ReportFileFormat } from './report-format.ts'

/**
 * A report as the text of a file. What a form needs is loaded when it is asked for.
 *
 * - `json`: the report itself; `migrate report` reads it again.
 * - `csv`: one row a file, RFC 4180, times in milliseconds.
 * - `markdown`: headline, figures and tables, in GitHub's dialect.
 * - `html`: one page with charts that needs no other file and no network.
 */
export async function renderReport(report: Report, format: ReportFileFormat): Promise<string> {
  switch (format) {
    case 'json':
      return `${JSON.stringify(report, null, 2)}\n`
    case 'csv':
      return (await import('./render-csv.ts')).renderCsv(report)
    case 'markdown':
      return (await import('./render-markdown.ts')).renderMarkdown(report)
    case 'html':
      return (await import('./render-html.ts')).renderHtml(report)
  }
}

import type { BenchReport } from '../../model/bench-report.ts'
import { benchTables, describeSubject, type BenchTable } from './bench-tables.ts'

/** A benchmark as Markdown, to be pasted into a page. */
export function renderMarkdown(report: BenchReport): string {
  const sections = benchTables(report).map(renderTable)
  return `# Benchmark\n\n${describeSubject(report).map(escape).join('\n')}\n\n${sections.join('\n\n')}\n`
}

function renderTable({ title, intro, head, textColumns, rows, bestRow, notes }: BenchTable): string {
  const rule = head.map((_, column) => (textColumns.includes(column) ? '---' : '---:'))
  const marked = rows.map((row, index) =>
    row.map((cell) => (index === bestRow ? `**${escape(cell.trim())}**` : escape(cell.trim()))),
  )
  const table = [line(head.map(escape)), line(rule), ...marked.map(line)].join('\n')
  const paragraphs = [
    `## ${escape(title)}`,
    escape(intro.join(' ')),
    table,
    notes.map((note) => `- ${escape(note)}`).join('\n'),
  ]
  return paragraphs.filter((paragraph) => paragraph !== '').join('\n\n')
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

/** Names of files and machines may hold what Markdown or HTML would take for its own. */
function escape(text: string): string {
  return text.replaceAll(/[\\`*_[\]<>|#&]/g, (character) => `\\${character}`)
}

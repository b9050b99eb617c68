import type { BenchReport } from '../../model/bench-report.ts'
import type { Paint } from '../host.ts'
import { benchTables, describeSubject, type BenchTable } from './bench-tables.ts'

/** A benchmark for a terminal: tables with columns set apart by blanks. */
export function renderTerminal(report: BenchReport, paint: Paint): string {
  const tables = benchTables(report).flatMap((table) => ['', ...renderTable(table, paint)])
  return [...describeSubject(report), ...tables, ''].join('\n')
}

function renderTable({ title, intro, head, textColumns, rows, bestRow, notes }: BenchTable, paint: Paint): string[] {
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) =>
        textColumns.includes(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd()
  return [
    paint('bold', title),
    ...(intro.length > 0 ? [paint('dim', intro.join(' '))] : []),
    paint('dim', line(head)),
    ...rows.map((row, index) => (index === bestRow ? paint('green', line(row)) : line(row))),
    ...notes,
  ]
}

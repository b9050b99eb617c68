import type { DataPlan } from '../../model/data-plan.ts'

// What delimited files are told by the plan. Threads load this, and never the options that it is made of (csv-plan-settings.ts).

/** How delimited sources are written. Bytes are given as their codes, 0 to 127; -1 stands for "none". */
export interface DelimitedSource {
  /** The delimiter of csv sources; a tsv source always has the tab. */
  readonly delimiter: number
  readonly quote: number
  /** Equal to `quote` where a quote is escaped by doubling it. */
  readonly escape: number
  readonly comment: number
  readonly hasHeader: boolean
  /** Unquoted text that stands for null; null: no text does. */
  readonly nullText: string | null
  /** Lines to pass over at the start of the file. */
  readonly skipLines: number
  readonly quotes: 'lenient' | 'rfc'
  readonly trimAroundQuotes: boolean
  readonly ragged: 'reject' | 'pad' | 'truncate'
  readonly duplicateColumns: 'fail' | 'rename'
  readonly unterminatedQuote: 'fail' | 'reject'
}

/** How delimited targets are written. */
export interface DelimitedTarget {
  /** The delimiter of csv targets; a tsv target always has the tab. */
  readonly delimiter: number
  readonly quote: number
  readonly hasHeader: boolean
  readonly lineEnd: 'lf' | 'crlf'
  /** Text that null becomes; null: the empty field. */
  readonly nullText: string | null
  /** Always `json` where targets are no tables. */
  readonly nested: 'json' | 'flatten'
}

export interface CsvSettings {
  readonly source: DelimitedSource
  readonly target: DelimitedTarget
}

/** The settings of csv and tsv files. The same object for the same plan. */
export function csvSettings(plan: DataPlan): CsvSettings {
  return plan.formats['csv'] as CsvSettings
}

/** The plan with sources of another dialect, for trials. */
export function withDelimitedSource(plan: DataPlan, changes: Partial<DelimitedSource>): DataPlan {
  const { source, target } = csvSettings(plan)
  return { ...plan, formats: { ...plan.formats, csv: { source: { ...source, ...changes }, target } } }
}

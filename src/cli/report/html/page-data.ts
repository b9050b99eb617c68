/** What the script of a page draws. Files are columns, since there may be many thousands of them. */

export interface PageData {
  readonly charts: readonly LineChart[]
  /** Where all axes of time end, in milliseconds; they begin with the run, at 0. */
  readonly endMs: number
  /** Null where a page has no Gantt chart and no table of files. */
  readonly files: FileColumns | null
  /** Titles of verdicts by their kind. */
  readonly verdictTitles: Readonly<Record<string, string>>
}

/** Lines over one axis; the page has a figure with this id (see `chartFigure`). */
export interface LineChart {
  readonly id: string
  readonly x: { readonly label: string; readonly unit: string; readonly values: readonly number[] }
  readonly series: readonly LineSeries[]
  /** Marks the points as well: for few of them. */
  readonly hasPoints: boolean
}

export interface LineSeries {
  readonly label: string
  readonly unit: string
  readonly values: readonly (number | null)[]
  /** The area below the line is filled. */
  readonly isArea: boolean
}

export interface FileColumns {
  readonly file: readonly string[]
  readonly thread: readonly number[]
  readonly startMs: readonly number[]
  readonly endMs: readonly number[]
  readonly sourceBytes: readonly number[]
  readonly targetBytes: readonly number[]
  readonly records: readonly number[]
  readonly rejected: readonly number[]
  readonly attempt: readonly number[]
  readonly verdict: readonly string[]
  /** Shares of busy time. */
  readonly onCpu: readonly number[]
  readonly waiting: readonly number[]
  /** Milliseconds in each stage, by stage. */
  readonly stageMs: Readonly<Record<Stage, readonly number[]>>
}

export type Stage = 'read' | 'parse' | 'map' | 'encode' | 'write' | 'sync'

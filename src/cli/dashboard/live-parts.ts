import type { LineChart } from '../report/html/page-data.ts'

/** What the script of the page of a run asks for again and again. */
export interface LiveParts {
  /** Of the browser's tab. */
  readonly title: string
  /** HTML of each part, by the id of its place; '' where it has nothing to show. */
  readonly parts: Readonly<Record<string, string>>
  readonly chart: LineChart
}

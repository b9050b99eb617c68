import { formatBytes, formatCount, formatDuration, threeDigits } from '../../terminal/format-quantity.ts'
import type { FileColumns } from '../html/page-data.ts'

/** The table of files: sorted by any column, filtered by name and verdict, and shown some rows at a time. */

const ROWS_AT_ONCE = 25

interface Column {
  readonly title: string
  readonly isText?: boolean
  /** What the column is sorted by. */
  readonly valueOf: (index: number) => number | string
  readonly format: (value: never) => string
}

export function showFileTable(place: HTMLElement, files: FileColumns, titles: Readonly<Record<string, string>>): void {
  const columns = describeColumns(files, titles)
  const table = new FileTable(files, columns, titles)
  place.append(table.finder, table.scroll, table.more)
  table.update()
}

const at = (column: readonly number[]) => (index: number) => column[index] ?? 0
const percent = (share: number): string => `${Math.round(share * 100)} %`

function describeColumns(files: FileColumns, titles: Readonly<Record<string, string>>): Column[] {
  const durationMs = (index: number): number => (files.endMs[index] ?? 0) - (files.startMs[index] ?? 0)
  return [
    { title: 'file', isText: true, valueOf: (index) => files.file[index] ?? '', format: String },
    { title: 'size', valueOf: at(files.sourceBytes), format: formatBytes },
    { title: 'time', valueOf: durationMs, format: formatDuration },
    {
      title: 's/GB',
      valueOf: (index) => {
        const bytes = files.sourceBytes[index] ?? 0
        return bytes === 0 ? -1 : durationMs(index) / 1000 / (bytes / 1e9)
      },
      format: (value: number) => (value < 0 ? '–' : threeDigits(value)),
    },
    { title: 'records', valueOf: at(files.records), format: formatCount },
    { title: 'rejected', valueOf: at(files.rejected), format: formatCount },
    { title: 'thread', valueOf: at(files.thread), format: String },
    { title: 'start', valueOf: at(files.startMs), format: formatDuration },
    { title: 'on CPU', valueOf: at(files.onCpu), format: percent },
    { title: 'waiting', valueOf: at(files.waiting), format: percent },
    {
      title: 'verdict',
      isText: true,
      valueOf: (index) => titles[files.verdict[index] ?? ''] ?? '',
      format: String,
    },
  ]
}

class FileTable {
  readonly finder = document.createElement('div')
  readonly scroll = document.createElement('div')
  readonly more = document.createElement('button')
  readonly #files: FileColumns
  readonly #columns: readonly Column[]
  readonly #body = document.createElement('tbody')
  readonly #headers: HTMLTableCellElement[]
  readonly #nameFilter = document.createElement('input')
  readonly #verdictFilter = document.createElement('select')
  readonly #count = document.createElement('output')
  /** The column and the way of the sorting: the longest first. */
  #sortedBy = 2
  #isAscending = false
  #shownRows = ROWS_AT_ONCE
  #rows: number[] = []

  constructor(files: FileColumns, columns: readonly Column[], titles: Readonly<Record<string, string>>) {
    this.#files = files
    this.#columns = columns
    this.#headers = columns.map((column, at) => this.#makeHeader(column, at))
    this.#makeFinder(titles)
    const table = document.createElement('table')
    const head = document.createElement('thead')
    const row = document.createElement('tr')
    row.append(...this.#headers)
    head.append(row)
    table.className = 'files wide'
    table.append(head, this.#body)
    this.scroll.className = 'scroll'
    this.scroll.tabIndex = 0
    this.scroll.append(table)
    this.more.type = 'button'
    this.more.className = 'more'
    this.more.addEventListener('click', () => {
      this.#shownRows += ROWS_AT_ONCE
      this.#fill()
    })
  }

  /** Filters and sorts again, and shows the first rows. */
  update(): void {
    const wanted = this.#nameFilter.value.toLowerCase()
    const verdict = this.#verdictFilter.value
    const column = this.#columns[this.#sortedBy]
    const all = this.#files.file.keys()
    this.#rows = [...all].filter(
      (index) =>
        (verdict === '' || this.#files.verdict[index] === verdict) &&
        (wanted === '' || (this.#files.file[index] ?? '').toLowerCase().includes(wanted)),
    )
    if (column !== undefined) this.#sort(column)
    this.#shownRows = ROWS_AT_ONCE
    this.#count.textContent = `${formatCount(this.#rows.length)} of ${formatCount(this.#files.file.length)} files`
    for (const [at, header] of this.#headers.entries()) {
      header.setAttribute('aria-sort', at !== this.#sortedBy ? 'none' : this.#isAscending ? 'ascending' : 'descending')
    }
    this.#fill()
  }

  #sort({ valueOf }: Column): void {
    const sign = this.#isAscending ? 1 : -1
    const values = new Map(this.#rows.map((index) => [index, valueOf(index)]))
    this.#rows.sort((a, b) => {
      const left = values.get(a) ?? 0
      const right = values.get(b) ?? 0
      return left === right ? a - b : left < right ? -sign : sign
    })
  }

  #fill(): void {
    this.#body.replaceChildren(...this.#rows.slice(0, this.#shownRows).map((index) => this.#makeRow(index)))
    const left = this.#rows.length - this.#shownRows
    this.more.hidden = left <= 0
    this.more.textContent = `Show ${formatCount(Math.min(left, ROWS_AT_ONCE))} more of ${formatCount(left)}`
  }

  #makeRow(index: number): HTMLTableRowElement {
    const row = document.createElement('tr')
    for (const column of this.#columns) {
      const cell = row.insertCell()
      cell.className = classOf(column)
      cell.dataset['label'] = column.title
      // Only ever text: names of files are written by strangers.
      cell.textContent = column.format(column.valueOf(index) as never)
    }
    return row
  }

  #makeHeader(column: Column, at: number): HTMLTableCellElement {
    const header = document.createElement('th')
    header.scope = 'col'
    header.className = classOf(column)
    const button = document.createElement('button')
    button.type = 'button'
    button.textContent = column.title
    button.addEventListener('click', () => {
      this.#isAscending = at === this.#sortedBy ? !this.#isAscending : column.isText === true
      this.#sortedBy = at
      this.update()
    })
    header.append(button)
    return header
  }

  #makeFinder(titles: Readonly<Record<string, string>>): void {
    this.#nameFilter.type = 'search'
    this.#nameFilter.placeholder = 'Part of a name'
    this.#nameFilter.setAttribute('aria-label', 'Show only files whose name holds')
    this.#nameFilter.addEventListener('input', () => this.update())
    this.#verdictFilter.setAttribute('aria-label', 'Show only files with the verdict')
    this.#verdictFilter.append(new Option('Every verdict', ''))
    for (const kind of new Set(this.#files.verdict)) this.#verdictFilter.append(new Option(titles[kind] ?? kind, kind))
    this.#verdictFilter.addEventListener('change', () => this.update())
    this.finder.className = 'finder'
    this.finder.append(this.#nameFilter, this.#verdictFilter, this.#count)
  }
}

function classOf({ isText }: Column): string {
  return isText === true ? 'text' : 'number'
}

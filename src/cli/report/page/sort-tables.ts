/** Tables that the page already holds: a click on the head of a column sorts them by it. */

/** Lets the reader sort each table of the class `sortable`. */
export function offerSorting(tables: Iterable<HTMLTableElement>): void {
  for (const table of tables) {
    const headers = [...table.querySelectorAll<HTMLTableCellElement>('thead th')]
    for (const [column, header] of headers.entries()) {
      const button = document.createElement('button')
      button.type = 'button'
      button.textContent = header.textContent
      header.replaceChildren(button)
      button.addEventListener('click', () => {
        // Numbers begin with the largest, words with the first.
        const first = header.classList.contains('number') ? 'descending' : 'ascending'
        const other = first === 'ascending' ? 'descending' : 'ascending'
        const way = header.getAttribute('aria-sort') === first ? other : first
        for (const one of headers) one.removeAttribute('aria-sort')
        header.setAttribute('aria-sort', way)
        sortRows(table, column, way === 'ascending' ? 1 : -1)
      })
    }
  }
}

function sortRows(table: HTMLTableElement, column: number, sign: number): void {
  const body = table.tBodies[0]
  if (body === undefined) return
  const rows = [...body.rows].map((row) => ({ row, key: sortKey(row.cells[column]?.textContent ?? '') }))
  rows.sort((a, b) => compareKeys(a.key, b.key, sign))
  body.append(...rows.map(({ row }) => row))
}

const UNITS: Readonly<Record<string, number>> = {
  ms: 1e-3,
  s: 1,
  min: 60,
  h: 3600,
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
}

/** The amount that a cell begins with, by its unit, or its text. */
function sortKey(text: string): number | string {
  const [, amount, unit = ''] = /^\s*(-?[\d,]+(?:\.\d+)?)\s*([a-zA-Z]*)/.exec(text) ?? []
  return amount === undefined ? text.trim() : Number(amount.replaceAll(',', '')) * (UNITS[unit] ?? 1)
}

/** What is no number stands behind numbers, whatever the way. */
function compareKeys(a: number | string, b: number | string, sign: number): number {
  if (typeof a !== typeof b) return typeof a === 'number' ? -1 : 1
  return a === b ? 0 : a < b ? -sign : sign
}

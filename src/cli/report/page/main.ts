import type { PageData } from '../html/page-data.ts'
import { showFileTable } from './file-table.ts'
import { drawGantt } from './gantt.ts'
import { drawLineCharts } from './line-charts.ts'
import { offerSorting } from './sort-tables.ts'
import { offerThemes } from './theme.ts'

/** What a page does when it is opened. Everything it shows is in the page itself. */

const data = JSON.parse(document.querySelector('#data')?.textContent ?? '') as PageData
const redraws = [drawLineCharts(data.charts)]
const ganttPlace = document.querySelector<HTMLElement>('#gantt')
const tablePlace = document.querySelector<HTMLElement>('#files')
if (data.files !== null && ganttPlace !== null) redraws.push(drawGantt(ganttPlace, data))
if (data.files !== null && tablePlace !== null) showFileTable(tablePlace, data.files, data.verdictTitles)

offerSorting(document.querySelectorAll<HTMLTableElement>('table.sortable'))

const themeButton = document.querySelector<HTMLElement>('#theme')
if (themeButton !== null) {
  offerThemes(themeButton, () => {
    for (const redraw of redraws) redraw()
  })
}

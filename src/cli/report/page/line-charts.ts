import type uPlot from 'uplot'
import { threeDigits } from '../../format-quantity.ts'
import type { LineChart } from '../html/page-data.ts'
import { AXIS_LEFT, AXIS_RIGHT } from './gantt-layout.ts'
import { colour } from './theme.ts'

/** uPlot is a script of its own on the page. */
declare global {
  interface Window {
    uPlot: typeof uPlot
  }
}

const LINE_COLOURS = ['read', 'encode', 'write', 'parse', 'map']
const CHART_HEIGHT = 200

/** Draws the charts into their figures. @returns a function that draws them again in the colours of now. */
export function drawLineCharts(charts: readonly LineChart[]): () => void {
  const plots = charts.flatMap((chart) => {
    const place = document.querySelector<HTMLElement>(`#${chart.id} .plot`)
    return place === null ? [] : [drawLineChart(chart, place)]
  })
  return () => {
    for (const plot of plots) plot.redraw(true, true)
  }
}

function drawLineChart(chart: LineChart, place: HTMLElement): uPlot {
  const axis = {
    stroke: () => colour('muted'),
    grid: { stroke: () => colour('line'), width: 1 },
    ticks: { show: false },
  }
  const options: uPlot.Options = {
    width: place.clientWidth,
    height: CHART_HEIGHT,
    padding: [12, AXIS_RIGHT, 0, 0],
    cursor: { sync: { key: 'time' }, points: { size: 7 } },
    scales: { x: { time: false }, y: { range: (_, __, max) => [0, max > 0 ? max * 1.08 : 1] } },
    axes: [
      {
        ...axis,
        size: 30,
        space: 64,
        values: (_, ticks) => ticks.map((tick) => `${tick}${chart.x.unit === 's' ? ' s' : ''}`),
      },
      { ...axis, size: AXIS_LEFT },
    ],
    series: [
      { label: chart.x.label, value: (_, value: number | null) => quantity(value, chart.x.unit) },
      ...chart.series.map((series, at): uPlot.Series => {
        const name = LINE_COLOURS[at % LINE_COLOURS.length] ?? 'read'
        return {
          label: series.label,
          stroke: () => colour(name),
          width: 2,
          points: { show: chart.hasPoints, size: 7 },
          value: (_, value: number | null) => quantity(value, series.unit),
          ...(series.isArea ? { fill: () => `${colour(name)}26` } : {}),
        }
      }),
    ],
  }
  const columns = [chart.x.values, ...chart.series.map(({ values }) => values)].map((values) => [...values])
  const plot = new window.uPlot(options, columns as unknown as uPlot.AlignedData, place)
  new ResizeObserver(() => {
    if (place.clientWidth > 0 && place.clientWidth !== plot.width) {
      plot.setSize({ width: place.clientWidth, height: CHART_HEIGHT })
    }
  }).observe(place)
  return plot
}

function quantity(value: number | null, unit: string): string {
  return value === null ? '–' : `${threeDigits(value)}${unit === '' ? '' : ` ${unit}`}`
}

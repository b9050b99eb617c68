import type uPlot from 'uplot'
import { formatDuration, threeDigits } from '../../terminal/format-quantity.ts'
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
  const drawn = charts.flatMap((chart) => {
    const place = document.querySelector<HTMLElement>(`#${chart.id} .plot`)
    return place === null ? [] : [new LiveChart(chart, place)]
  })
  return () => {
    for (const chart of drawn) chart.redraw()
  }
}

/** A chart that may get new values while it is looked at. */
export class LiveChart {
  readonly #plot: uPlot

  constructor(chart: LineChart, place: HTMLElement) {
    this.#plot = new window.uPlot(describePlot(chart, place.clientWidth), columnsOf(chart), place)
    new ResizeObserver(() => {
      if (place.clientWidth > 0 && place.clientWidth !== this.#plot.width) {
        this.#plot.setSize({ width: place.clientWidth, height: CHART_HEIGHT })
      }
    }).observe(place)
  }

  /** @param chart the same lines with other values. */
  update(chart: LineChart): void {
    this.#plot.setData(columnsOf(chart))
  }

  /** In the colours of now. */
  redraw(): void {
    this.#plot.redraw(true, true)
  }
}

function describePlot(chart: LineChart, width: number): uPlot.Options {
  const axis = {
    stroke: () => colour('muted'),
    grid: { stroke: () => colour('line'), width: 1 },
    ticks: { show: false },
  }
  const isTime = chart.x.unit === 's'
  return {
    width,
    height: CHART_HEIGHT,
    padding: [12, AXIS_RIGHT, 0, 0],
    cursor: { sync: { key: 'time' }, points: { size: 7 } },
    scales: { x: { time: false }, y: { range: (_, __, max) => [0, max > 0 ? max * 1.08 : 1] } },
    axes: [
      {
        ...axis,
        size: 30,
        space: 64,
        ...(isTime ? { incrs: TIME_STEPS } : {}),
        values: (_, ticks) => ticks.map((tick) => (isTime ? timeSinceStart(tick) : String(tick))),
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
}

/** Seconds between two marks of an axis of time. */
const TIME_STEPS = [
  0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200,
  14_400, 21_600, 43_200, 86_400, 172_800, 432_000,
]

/** `12 s`, and from two minutes on `2m00s`. */
function timeSinceStart(seconds: number): string {
  return seconds < 120 ? `${seconds} s` : formatDuration(seconds * 1000)
}

function columnsOf({ x, series }: LineChart): uPlot.AlignedData {
  return [x.values, ...series.map(({ values }) => values)].map((values) => [...values]) as unknown as uPlot.AlignedData
}

function quantity(value: number | null, unit: string): string {
  if (value !== null && unit === 's') return timeSinceStart(Number(value.toFixed(2)))
  return value === null ? '–' : `${threeDigits(value)}${unit === '' ? '' : ` ${unit}`}`
}

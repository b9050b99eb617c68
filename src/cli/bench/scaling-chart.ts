import { predictThroughput } from '../../bench/fit-scaling.ts'
import type { BenchKindResult } from '../../model/bench-report.ts'
import { threeDigits } from '../terminal/format-quantity.ts'
import { html, type Html } from '../report/html/html.ts'
import { nameKind } from './bench-tables.ts'

/** The scaling curve of a kind as SVG: what was measured (each run a dot, the medians joined), and the model as a dashed line. */

const WIDTH = 560
const HEIGHT = 300
const LEFT = 56
const RIGHT = 16
const TOP = 28
const BOTTOM = 40
const MODEL_STEPS = 64

interface Scale {
  readonly x: (threads: number) => number
  readonly y: (megabytesPerSecond: number) => number
}

/** @returns null where fewer than two numbers of threads were measured. */
export function drawScaling(result: BenchKindResult, sourceBytes: number): Html | null {
  const points = result.points
    .flatMap((point) => (point.threads === null ? [] : [{ ...point, threads: point.threads }]))
    .sort((a, b) => a.threads - b.threads)
  const most = points.at(-1)?.threads ?? 0
  if (points.length < 2) return null
  const dots = points.flatMap(({ threads, samples }) =>
    samples.map(({ wallSeconds }) => ({ threads, rate: sourceBytes / 1e6 / wallSeconds })),
  )
  const top = niceCeiling(Math.max(...dots.map(({ rate }) => rate)))
  const scale: Scale = {
    x: (threads) => LEFT + ((WIDTH - LEFT - RIGHT) * (threads - 1)) / (most - 1),
    y: (rate) => HEIGHT - BOTTOM - ((HEIGHT - TOP - BOTTOM) * rate) / top,
  }
  const medians = points.map(({ threads, megabytesPerSecond }) => at(scale, threads, megabytesPerSecond)).join(' ')
  const runs = dots.map(
    ({ threads, rate }) =>
      html`<circle class="run" cx="${scale.x(threads).toFixed(1)}" cy="${scale.y(rate).toFixed(1)}" r="4">
        <title>${threads} threads: ${threeDigits(rate)} MB/s</title>
      </circle>`,
  )
  return html`<svg
    viewBox="0 0 ${WIDTH} ${HEIGHT}"
    role="img"
    aria-label="${nameKind(result.kind)}: MB/s by number of threads"
    class="scaling ${result.kind}"
  >
    ${drawAxes(
      scale,
      points.map(({ threads }) => threads),
      top,
    )}${result.model === null ? null : drawModel(scale, result.model, most)}
    <polyline class="measured" points="${medians}" />
    ${runs}
  </svg>`
}

function drawAxes(scale: Scale, threads: readonly number[], top: number): Html {
  const rates = [0, 1, 2, 3, 4].map((step) => (top * step) / 4)
  return html`${rates.map((rate) => {
    const y = scale.y(rate).toFixed(1)
    return html`<line
        class="grid"
        x1="${LEFT}"
        x2="${WIDTH - RIGHT}"
        y1="${y}"
        y2="${y}"
      />${tick(LEFT - 8, y, 'end', shortNumber(rate))}`
  })}${threads.map((count) => tick(scale.x(count).toFixed(1), HEIGHT - BOTTOM + 20, 'middle', String(count)))}
  ${tick((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 4, 'middle', 'threads')}${tick(LEFT - 8, TOP - 16, 'end', 'MB/s')}`
}

function tick(x: number | string, y: number | string, anchor: 'middle' | 'end', text: string): Html {
  return html`<text class="tick" x="${x}" y="${y}" dy="0.32em" text-anchor="${anchor}">${text}</text>`
}

function drawModel(scale: Scale, model: NonNullable<BenchKindResult['model']>, most: number): Html {
  const curve = Array.from({ length: MODEL_STEPS + 1 }, (_, step) => {
    const threads = 1 + ((most - 1) * step) / MODEL_STEPS
    return at(scale, threads, predictThroughput(model, threads))
  })
  return html`<polyline class="model" points="${curve.join(' ')}" />`
}

function at(scale: Scale, threads: number, rate: number): string {
  return `${scale.x(threads).toFixed(1)},${scale.y(rate).toFixed(1)}`
}

/** The next of 1, 2, 4, 6, 8 times a power of ten, so that a quarter of it is easily read. */
function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1e-9)))
  return ([1, 2, 4, 6, 8, 10].find((step) => step * power >= value * 1.02) ?? 20) * power
}

function shortNumber(value: number): string {
  return String(Number(value.toPrecision(3)))
}

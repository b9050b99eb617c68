import { formatBytes, formatCount, formatDuration } from '../../terminal/format-quantity.ts'
import type { FileColumns, PageData } from '../html/page-data.ts'
import { drawBlock, LANE_HEIGHT, LanePixels } from './gantt-blocks.ts'
import {
  AXIS_LEFT,
  AXIS_RIGHT,
  axisTicks,
  firstEndingAfter,
  GANTT_STAGES,
  layOutLanes,
  stageShares,
  type Lane,
} from './gantt-layout.ts'
import { colour } from './theme.ts'

/** Which thread ran which file when, on one canvas: a row a thread, a block a file. */

const ROW_HEIGHT = LANE_HEIGHT + 4
const AXIS_HEIGHT = 22
/** Narrower blocks, in pixels, are added up. */
const NARROWEST_BLOCK = 4
/** Pixels of a drag that is meant as one. */
const SHORTEST_DRAG = 4

/** @returns a function that draws it again in the colours of now. */
export function drawGantt(place: HTMLElement, { files, endMs, verdictTitles }: PageData): () => void {
  const plot = place.querySelector<HTMLElement>('.plot')
  if (plot === null || files === null) return () => {}
  const gantt = new Gantt(files, endMs, verdictTitles)
  plot.append(gantt.canvas)
  document.body.append(gantt.tip)
  place.addEventListener('click', (event) => {
    if (event.target instanceof HTMLElement) gantt.act(event.target.dataset['do'] ?? '')
  })
  new ResizeObserver(() => gantt.redraw()).observe(plot)
  return () => gantt.redraw()
}

class Gantt {
  readonly canvas = document.createElement('canvas')
  readonly tip = document.createElement('div')
  readonly #files: FileColumns
  readonly #titles: Readonly<Record<string, string>>
  readonly #lanes: readonly Lane[]
  readonly #endMs: number
  /** The time that is shown, in milliseconds. */
  #from = 0
  #to: number
  /** A drag under way, in pixels from the left of the canvas. */
  #drag: { readonly from: number; to: number } | null = null
  #isDue = false
  readonly #actions: Readonly<Record<string, () => void>> = {
    in: () => this.#zoom(0.5),
    out: () => this.#zoom(2),
    all: () => this.#show(0, this.#endMs),
    '+': () => this.#zoom(0.5),
    '-': () => this.#zoom(2),
    '0': () => this.#show(0, this.#endMs),
    ArrowLeft: () => this.#move(-0.2),
    ArrowRight: () => this.#move(0.2),
  }

  constructor(files: FileColumns, endMs: number, titles: Readonly<Record<string, string>>) {
    this.#files = files
    this.#titles = titles
    this.#lanes = layOutLanes(files)
    this.#endMs = Math.max(1, endMs)
    this.#to = this.#endMs
    this.tip.className = 'tip'
    this.tip.hidden = true
    this.canvas.tabIndex = 0
    this.canvas.setAttribute('role', 'img')
    const size = `${formatCount(files.file.length)} files on ${this.#lanes.length} threads over ${formatDuration(this.#endMs)}`
    this.canvas.setAttribute('aria-label', `${size}; the table of files has the same figures`)
    this.#listen()
  }

  /** Does what a button or a key is for; nothing where it is for nothing. @returns whether it was for something. */
  act(name: string): boolean {
    const action = Object.hasOwn(this.#actions, name) ? this.#actions[name] : undefined
    action?.()
    return action !== undefined
  }

  /** Draws with the next frame, however often it is asked to before. */
  redraw(): void {
    if (this.#isDue) return
    this.#isDue = true
    requestAnimationFrame(() => {
      this.#isDue = false
      this.#draw()
    })
  }

  #draw(): void {
    const { canvas } = this
    const lanes = this.#lanes
    const height = lanes.length * ROW_HEIGHT + AXIS_HEIGHT
    canvas.style.height = `${height}px`
    const width = canvas.clientWidth
    canvas.width = Math.round(width * devicePixelRatio)
    canvas.height = Math.round(height * devicePixelRatio)
    const context = canvas.getContext('2d')
    if (context === null || this.#plotWidth <= 0) return
    context.scale(devicePixelRatio, devicePixelRatio)
    context.font = '12px system-ui, sans-serif'
    this.#drawAxis(context, height - AXIS_HEIGHT)
    const colours = [...GANTT_STAGES, 'other'].map(colour)
    for (const [row, lane] of lanes.entries()) this.#drawLane(context, lane, row * ROW_HEIGHT, colours)
    this.#drawDrag(context, height - AXIS_HEIGHT)
  }

  #drawAxis(context: CanvasRenderingContext2D, bottom: number): void {
    context.textAlign = 'center'
    for (const tick of axisTicks(this.#from, this.#to, this.#plotWidth / 110)) {
      const x = Math.round(this.#xOf(tick))
      const text = `${Number((tick / 1000).toPrecision(6))} s`
      const half = context.measureText(text).width / 2
      context.fillStyle = colour('line')
      context.fillRect(x, 0, 1, bottom)
      context.fillStyle = colour('muted')
      context.fillText(text, Math.min(Math.max(x, half), this.canvas.clientWidth - half), bottom + 15)
    }
  }

  #drawLane(context: CanvasRenderingContext2D, lane: Lane, top: number, colours: readonly string[]): void {
    const files = this.#files
    const width = AXIS_LEFT + this.#plotWidth
    context.textAlign = 'left'
    context.fillStyle = colour('muted')
    context.fillText(String(lane.thread), 2, top + LANE_HEIGHT / 2 + 4)
    const pixels = new LanePixels(width, colours.length)
    for (let next = firstEndingAfter(lane, files, this.#from); next < lane.files.length; next++) {
      const index = lane.files[next] ?? 0
      const left = Math.max(AXIS_LEFT, this.#xOf(files.startMs[index] ?? 0))
      if (left > width) break
      const right = Math.min(width, this.#xOf(files.endMs[index] ?? 0))
      const shares = stageShares(files, index)
      if (right - left < NARROWEST_BLOCK) pixels.add(left, right, shares)
      // The last pixel stays clear: there one file ends and the next begins.
      else drawBlock(context, { left, top, width: right - left - 1 }, shares, colours)
    }
    pixels.draw(context, top, colours)
  }

  #drawDrag(context: CanvasRenderingContext2D, height: number): void {
    if (this.#drag === null) return
    context.globalAlpha = 0.18
    context.fillStyle = colour('accent')
    context.fillRect(this.#drag.from, 0, this.#drag.to - this.#drag.from, height)
    context.globalAlpha = 1
  }

  get #plotWidth(): number {
    return this.canvas.clientWidth - AXIS_LEFT - AXIS_RIGHT
  }

  #xOf(timeMs: number): number {
    return AXIS_LEFT + ((timeMs - this.#from) / (this.#to - this.#from)) * this.#plotWidth
  }

  #timeOf(x: number): number {
    return this.#from + (Math.max(0, x - AXIS_LEFT) / this.#plotWidth) * (this.#to - this.#from)
  }

  /** Shows a span of time, as much of it as there is. */
  #show(from: number, to: number): void {
    const span = Math.min(this.#endMs, Math.max(this.#endMs / 1e6, to - from))
    this.#from = Math.min(Math.max(0, from), this.#endMs - span)
    this.#to = this.#from + span
    this.tip.hidden = true
    this.redraw()
  }

  #zoom(factor: number): void {
    const middle = (this.#from + this.#to) / 2
    const half = ((this.#to - this.#from) / 2) * factor
    this.#show(middle - half, middle + half)
  }

  #move(share: number): void {
    const distance = (this.#to - this.#from) * share
    this.#show(this.#from + distance, this.#to + distance)
  }

  #listen(): void {
    const { canvas } = this
    canvas.addEventListener('pointerdown', (event) => {
      if (event.pointerType === 'touch' || event.button !== 0) return
      const x = Math.max(AXIS_LEFT, event.offsetX)
      this.#drag = { from: x, to: x }
      canvas.setPointerCapture(event.pointerId)
    })
    canvas.addEventListener('pointermove', (event) => {
      if (this.#drag === null) return this.#showTip(event)
      this.#drag.to = event.offsetX
      this.redraw()
    })
    canvas.addEventListener('pointerup', (event) => this.#endDrag(event))
    canvas.addEventListener('pointerleave', () => (this.tip.hidden = true))
    canvas.addEventListener('dblclick', () => this.#show(0, this.#endMs))
    canvas.addEventListener('keydown', (event) => {
      if (!event.ctrlKey && !event.metaKey && this.act(event.key)) event.preventDefault()
    })
  }

  #endDrag(event: PointerEvent): void {
    const from = this.#drag?.from ?? event.offsetX
    this.#drag = null
    if (Math.abs(event.offsetX - from) < SHORTEST_DRAG) this.#showTip(event)
    else this.#show(this.#timeOf(Math.min(from, event.offsetX)), this.#timeOf(Math.max(from, event.offsetX)))
  }

  #fileAt(x: number, y: number): number | undefined {
    const lane = this.#lanes[Math.floor(y / ROW_HEIGHT)]
    if (lane === undefined || x < AXIS_LEFT) return undefined
    const pixelMs = (this.#to - this.#from) / this.#plotWidth
    const index = lane.files[firstEndingAfter(lane, this.#files, this.#timeOf(x) - pixelMs)]
    return index !== undefined && (this.#files.startMs[index] ?? 0) <= this.#timeOf(x) + pixelMs ? index : undefined
  }

  #showTip(event: PointerEvent): void {
    const { tip } = this
    const index = this.#fileAt(event.offsetX, event.offsetY)
    tip.hidden = index === undefined
    if (index === undefined) return
    tip.textContent = describeFile(this.#files, index, this.#titles)
    const { width, height } = tip.getBoundingClientRect()
    const x = Math.max(8, Math.min(event.clientX + 14, innerWidth - width - 8))
    const isBelow = event.clientY + 18 + height <= innerHeight
    const y = isBelow ? event.clientY + 18 : event.clientY - height - 12
    tip.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`
  }
}

function describeFile(files: FileColumns, index: number, titles: Readonly<Record<string, string>>): string {
  const durationMs = (files.endMs[index] ?? 0) - (files.startMs[index] ?? 0)
  const stages = GANTT_STAGES.map((stage) => [stage, files.stageMs[stage][index] ?? 0] as const)
    .filter(([, stageMs]) => stageMs > 0)
    .map(([stage, stageMs]) => `${stage} ${formatDuration(stageMs)}`)
  const verdict = files.verdict[index] ?? ''
  return [
    files.file[index] ?? '',
    `${formatBytes(files.sourceBytes[index] ?? 0)} in ${formatDuration(durationMs)}, thread ${files.thread[index] ?? 0}`,
    stages.join(', '),
    titles[verdict] ?? verdict,
  ].join('\n')
}

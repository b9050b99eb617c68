import type { FileColumns, Stage } from '../html/page-data.ts'

/** What lies where in the Gantt chart: a lane a thread, the files of a lane by their start. */

/** Pixels beside the plot of every chart over time, so that one moment stands in one place on all of them. */
export const AXIS_LEFT = 48
export const AXIS_RIGHT = 24

export const GANTT_STAGES: readonly Stage[] = ['read', 'parse', 'map', 'encode', 'write']

export interface Lane {
  readonly thread: number
  /** Numbers of files, by their start. A thread does one at a time, so their ends ascend too. */
  readonly files: readonly number[]
}

export function layOutLanes(files: FileColumns): Lane[] {
  const lanes = new Map<number, number[]>()
  for (const [index, thread] of files.thread.entries()) {
    const lane = lanes.get(thread)
    if (lane) lane.push(index)
    else lanes.set(thread, [index])
  }
  const start = (index: number): number => files.startMs[index] ?? 0
  return [...lanes]
    .sort(([a], [b]) => a - b)
    .map(([thread, indexes]) => ({ thread, files: indexes.sort((a, b) => start(a) - start(b)) }))
}

/** The place in a lane of the first file that ends at or after a time. */
export function firstEndingAfter(lane: Lane, files: FileColumns, timeMs: number): number {
  let low = 0
  let high = lane.files.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((files.endMs[lane.files[middle] ?? 0] ?? 0) < timeMs) low = middle + 1
    else high = middle
  }
  return low
}

/** Shares of a file's time by stage, the rest last. They add up to 1. */
export function stageShares(files: FileColumns, index: number): number[] {
  const durationMs = Math.max(1e-6, (files.endMs[index] ?? 0) - (files.startMs[index] ?? 0))
  const times = GANTT_STAGES.map((stage) => files.stageMs[stage][index] ?? 0)
  const stagesMs = times.reduce((sum, time) => sum + time, 0)
  const wholeMs = Math.max(durationMs, stagesMs)
  return [...times, wholeMs - stagesMs].map((time) => time / wholeMs)
}

/** Round distances for an axis: about as many as asked for. */
export function axisTicks(from: number, to: number, about: number): number[] {
  const rough = (to - from) / Math.max(1, about)
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough) ?? power * 10
  const ticks: number[] = []
  for (let tick = Math.ceil(from / step) * step; tick <= to; tick += step) ticks.push(tick)
  return ticks
}

import { expect } from 'vitest'
import { z } from 'zod'

/**
 * Whether Perfetto and chrome://tracing can load a trace: the part of the trace-event format that Drover writes, and nothing else.
 * See https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
 */

const integer = z.number().int().nonnegative()
const place = { pid: z.literal(1), tid: integer }
const named = z.strictObject({ name: z.string().min(1) })
const span = { ph: z.literal('X'), ...place, ts: z.number().nonnegative(), dur: z.number().nonnegative() }

const EventSchema = z.union([
  z.strictObject({ name: z.literal('process_name'), ph: z.literal('M'), ...place, args: named }),
  z.strictObject({ name: z.literal('thread_name'), ph: z.literal('M'), ...place, args: named }),
  z.strictObject({
    name: z.literal('thread_sort_index'),
    ph: z.literal('M'),
    ...place,
    args: z.strictObject({ sort_index: integer }),
  }),
  z.strictObject({
    name: z.string(),
    cat: z.literal('file'),
    ...span,
    args: z.strictObject({ isConverted: z.boolean(), everyNthChunk: integer.optional() }),
  }),
  z.strictObject({ name: z.enum(['read', 'parse', 'map', 'encode', 'write']), cat: z.literal('stage'), ...span }),
  z.strictObject({
    name: z.literal('commit'),
    cat: z.literal('commit'),
    ...span,
    args: z.strictObject({ files: integer }),
  }),
])

const TraceSchema = z.strictObject({
  traceEvents: z.array(EventSchema),
  displayTimeUnit: z.literal('ms'),
  otherData: z.strictObject({ spansLeftOut: integer }),
})

export type TraceEvent = z.infer<typeof EventSchema>
export type Span = Extract<TraceEvent, { ph: 'X' }>

/** @returns the spans, after everything that the viewers rely on has been checked. */
export function checkTrace(value: unknown): Span[] {
  const { traceEvents } = TraceSchema.parse(value)
  const spans = traceEvents.flatMap((event) => (event.ph === 'X' ? event : []))
  const rows = (name: string): number[] => traceEvents.flatMap((event) => (event.name === name ? event.tid : []))
  expect(rows('process_name')).toHaveLength(1)
  // Every row has one name and one place, and every span a row.
  expect(new Set(rows('thread_name')).size).toBe(rows('thread_name').length)
  expect(rows('thread_sort_index')).toEqual(rows('thread_name'))
  expect([...new Set(spans.map(({ tid }) => tid))].filter((tid) => !rows('thread_name').includes(tid))).toEqual([])
  for (const tid of rows('thread_name')) checkNesting(spans.filter((one) => one.tid === tid))
  return spans
}

/** Spans of a row lie beside or inside each other: viewers draw no others. */
function checkNesting(spans: readonly Span[]): void {
  const ends: number[] = []
  for (const { ts, dur } of spans.toSorted((a, b) => a.ts - b.ts || b.dur - a.dur)) {
    while (ends.length > 0 && (ends.at(-1) ?? 0) <= ts) ends.pop()
    expect(ts + dur).toBeLessThanOrEqual((ends.at(-1) ?? Number.POSITIVE_INFINITY) + ROUNDING)
    ends.push(ts + dur)
  }
}

/** Sums of microseconds with three decimals. */
const ROUNDING = 1e-3

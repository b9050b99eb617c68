import { z } from 'zod'
import type { StageTimes } from './times.ts'

/** The stages of a span, by their number in it. */
export const SPAN_STAGES: readonly (keyof StageTimes)[] = ['read', 'parse', 'map', 'encode', 'write', 'sync']

/**
 * When a thread was in which stage of one file, as columns (`--trace`). Times are milliseconds since the epoch, as fine as the clock is,
 * so that those of all threads can be compared.
 */
export const FileSpansSchema = z.object({
  startMs: z.number(),
  endMs: z.number(),
  stages: z.instanceof(Uint8Array),
  startsMs: z.instanceof(Float64Array),
  endsMs: z.instanceof(Float64Array),
  /** Of the chunks of the file, every such one has spans: 1 is all of them. */
  everyNthChunk: z.number().int().positive(),
})

export type FileSpans = z.infer<typeof FileSpansSchema>

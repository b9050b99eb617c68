import { closeSync, writeSync } from 'node:fs'
import { SPAN_STAGES, type FileSpans } from '../model/file-spans.ts'

/** Spans that are kept of a whole run, about 70 MB. Files after that have one event each. */
const SPAN_LIMIT = 4_000_000
/** Text that is gathered before it is written. */
const PIECE_CHARACTERS = 64 * 1024

interface TracedFile {
  readonly index: number
  readonly thread: number
  readonly isConverted: boolean
  readonly spans: FileSpans
}

/**
 * What a run did when, in the trace-event format of Chrome, which Perfetto opens too: a row a thread, files as events with their stages
 * inside, commit groups on the main thread. Format: https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
 */
export class TraceLog {
  readonly #descriptor: number
  readonly #originMs = performance.timeOrigin + performance.now()
  readonly #files: TracedFile[] = []
  readonly #groups: { readonly startMs: number; readonly endMs: number; readonly fileCount: number }[] = []
  #spanCount = 0
  #spansLeftOut = 0
  #piece = ''

  /** @param descriptor an open file, which is closed when it is written. */
  constructor(descriptor: number) {
    this.#descriptor = descriptor
  }

  addFile(file: TracedFile): void {
    const count = file.spans.stages.length
    if (this.#spanCount + count <= SPAN_LIMIT) {
      this.#spanCount += count
      this.#files.push(file)
      return
    }
    this.#spansLeftOut += count
    const none = { stages: new Uint8Array(), startsMs: new Float64Array(), endsMs: new Float64Array() }
    this.#files.push({ ...file, spans: { ...file.spans, ...none } })
  }

  /** A group of files was committed. Times are those of `performance.now()` on the main thread. */
  addGroup(startMs: number, endMs: number, fileCount: number): void {
    const { timeOrigin } = performance
    this.#groups.push({ startMs: startMs + timeOrigin, endMs: endMs + timeOrigin, fileCount })
  }

  /** Writes everything piece by piece and closes the file. */
  write(pathOf: (index: number) => string): void {
    try {
      this.#put('{"traceEvents":[\n')
      this.#put(JSON.stringify({ name: 'process_name', ph: 'M', pid: 1, tid: 0, args: { name: 'migrate' } }))
      this.#putThreadNames()
      for (const { startMs, endMs, fileCount } of this.#groups) {
        this.#putEvent({ name: 'commit', cat: 'commit', tid: 0 }, startMs, endMs, { files: fileCount })
      }
      for (const file of this.#files) this.#putFile(file, pathOf(file.index))
      const otherData = { spansLeftOut: this.#spansLeftOut }
      this.#put(`\n],"displayTimeUnit":"ms","otherData":${JSON.stringify(otherData)}}\n`)
      this.#flush()
    } finally {
      closeSync(this.#descriptor)
    }
  }

  #putThreadNames(): void {
    const threads = [...new Set(this.#files.map(({ thread }) => thread))].sort((a, b) => a - b)
    const rows = [
      [0, 'main thread: commits'] as const,
      ...threads.map((thread) => [thread + 1, `thread ${thread}`] as const),
    ]
    for (const [tid, name] of rows) {
      this.#put(`,\n${JSON.stringify({ name: 'thread_name', ph: 'M', pid: 1, tid, args: { name } })}`)
      this.#put(`,\n${JSON.stringify({ name: 'thread_sort_index', ph: 'M', pid: 1, tid, args: { sort_index: tid } })}`)
    }
  }

  #putFile({ thread, isConverted, spans }: TracedFile, path: string): void {
    const { stages, startsMs, endsMs, everyNthChunk } = spans
    const args = { isConverted, ...(everyNthChunk === 1 ? {} : { everyNthChunk }) }
    this.#putEvent({ name: path, cat: 'file', tid: thread + 1 }, spans.startMs, spans.endMs, args)
    // What a span holds comes after it: a write that an encoding had to wait for ends first and was recorded first.
    const start = (at: number): number => startsMs[at] ?? 0
    const end = (at: number): number => endsMs[at] ?? 0
    const order = [...stages.keys()].sort((a, b) => start(a) - start(b) || end(b) - end(a))
    for (const at of order) {
      const name = SPAN_STAGES[stages[at] ?? 0] ?? ''
      this.#putEvent({ name, cat: 'stage', tid: thread + 1 }, start(at), end(at))
    }
  }

  #putEvent(
    { name, cat, tid }: { readonly name: string; readonly cat: 'file' | 'stage' | 'commit'; readonly tid: number },
    startMs: number,
    endMs: number,
    args?: object,
  ): void {
    // Microseconds with the nanoseconds behind the point. Both ends are rounded in the same way, so what lies in a span stays in it.
    const startNs = this.#nsOf(startMs)
    const event = { name, cat, ph: 'X', pid: 1, tid, ts: startNs / 1000, dur: (this.#nsOf(endMs) - startNs) / 1000 }
    this.#put(`,\n${JSON.stringify(args === undefined ? event : { ...event, args })}`)
  }

  #nsOf(timeMs: number): number {
    return Math.round((timeMs - this.#originMs) * 1e6)
  }

  #put(text: string): void {
    this.#piece += text
    if (this.#piece.length >= PIECE_CHARACTERS) this.#flush()
  }

  #flush(): void {
    const bytes = Buffer.from(this.#piece)
    for (let at = 0; at < bytes.length;) at += writeSync(this.#descriptor, bytes, at)
    this.#piece = ''
  }
}

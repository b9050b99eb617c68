import { describe, expect, it } from 'vitest'
import { SPAN_STAGES } from '../../src/model/file-spans.ts'
import { SpanRecorder } from '../../src/report/span-recorder.ts'

const take = (recorder: SpanRecorder) => {
  const { stages, startsMs, endsMs, everyNthChunk } = recorder.take()
  const { timeOrigin } = performance
  const spans = Array.from(stages, (stage, at) => [
    SPAN_STAGES[stage],
    Math.round((startsMs[at] ?? 0) - timeOrigin),
    Math.round((endsMs[at] ?? 0) - timeOrigin),
  ])
  return { spans, everyNthChunk }
}

/** As many chunks, each of a read and a parse of 1 ms. */
function recordChunks(recorder: SpanRecorder, chunks: number): void {
  for (let chunk = 0; chunk < chunks; chunk++) {
    recorder.add('read', chunk * 10, chunk * 10 + 1)
    recorder.add('parse', chunk * 10 + 2, chunk * 10 + 3)
  }
}

describe('the recorder of spans', () => {
  it('keeps each span of a file as it was', () => {
    const recorder = new SpanRecorder()
    recorder.begin()
    recordChunks(recorder, 2)
    expect(take(recorder)).toEqual({
      spans: [
        ['read', 0, 1],
        ['parse', 2, 3],
        ['read', 10, 11],
        ['parse', 12, 13],
      ],
      everyNthChunk: 1,
    })
  })

  it('makes one of two spans of a stage that touch', () => {
    const recorder = new SpanRecorder()
    recorder.begin()
    recorder.add('write', 1, 2)
    recorder.add('write', 2, 4)
    recorder.add('write', 6, 7)
    expect(take(recorder).spans).toEqual([
      ['write', 1, 4],
      ['write', 6, 7],
    ])
  })

  it('forgets the file before', () => {
    const recorder = new SpanRecorder()
    recorder.begin()
    recordChunks(recorder, 100_000)
    recorder.begin()
    recordChunks(recorder, 1)
    expect(take(recorder)).toMatchObject({
      spans: [
        ['read', 0, 1],
        ['parse', 2, 3],
      ],
      everyNthChunk: 1,
    })
  })

  it.each([2048, 2049, 5000, 1_000_000])(
    'has bounded memory: of %i chunks it keeps every second, fourth, ... whole',
    (chunks) => {
      const recorder = new SpanRecorder()
      recorder.begin()
      recordChunks(recorder, chunks)
      const { spans, everyNthChunk } = take(recorder)
      expect(spans.length).toBeLessThanOrEqual(4096)
      const starts = spans.filter(([stage]) => stage === 'read').map(([, start]) => Number(start) / 10 + 1)
      expect(starts).toEqual(
        Array.from({ length: Math.floor(chunks / everyNthChunk) }, (_, at) => (at + 1) * everyNthChunk),
      )
      expect(spans.filter(([stage]) => stage === 'parse')).toHaveLength(starts.length)
    },
  )

  it('survives a chunk that fills it alone', () => {
    const recorder = new SpanRecorder()
    recorder.begin()
    recorder.add('read', 0, 1)
    for (let at = 1; at < 20_000; at++) recorder.add(at % 2 === 0 ? 'parse' : 'encode', at * 2, at * 2 + 1)
    expect(take(recorder).spans.length).toBeLessThanOrEqual(4096)
  })
})

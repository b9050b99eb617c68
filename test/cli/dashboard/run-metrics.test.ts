import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { formatExposition } from '../../../src/cli/dashboard/exposition.ts'
import { describeMetrics } from '../../../src/cli/dashboard/run-metrics.ts'
import { readExposition } from './read-exposition.ts'
import { emptyView, GENERATION, NOW, sampleRun, sampleState, sampleView } from './sample-view.ts'

const HOSTILE = 'a"b\\c\n{d}\u001b[31m,e="f"'

describe('the text format of metrics', () => {
  it('gives every label back, whatever is in it', () => {
    const text = formatExposition([
      {
        name: 'a_total',
        help: 'Back\\slash\nand line.',
        type: 'counter',
        samples: [{ labels: { x: HOSTILE, y: '' }, value: 1 }],
      },
    ])
    expect(text.split('\n')).toHaveLength(4)
    expect(readExposition(text).get('a_total')).toEqual({
      type: 'counter',
      help: 'Back\\\\slash\\nand line.',
      samples: [{ labels: { x: HOSTILE, y: '' }, value: 1 }],
    })
  })

  it('has no family without a sample, and every number that there is', () => {
    const values = [0, 1.5, 1e21, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    const samples = values.map((value, at) => ({ labels: { at: String(at) }, value }))
    const text = formatExposition([
      { name: 'none', help: 'None.', type: 'gauge', samples: [] },
      { name: 'some', help: 'Some.', type: 'gauge', samples },
    ])
    expect([...readExposition(text).keys()]).toEqual(['some'])
    expect(
      readExposition(text)
        .get('some')
        ?.samples.map(({ value }) => value),
    ).toEqual(values)
  })

  it.each([
    ['a 1', 'is not below'],
    ['# TYPE a gauge\na{b="c" 1\n', 'no comma'],
    ['# TYPE a gauge\na{b="c\\x"} 1\n', 'no label'],
    ['# TYPE a gauge\na 1\na 2\n', 'a series twice'],
    ['# TYPE a number\n', 'no type'],
    ['# TYPE a gauge\na one\n', 'no value'],
    ['# TYPE a gauge\na 1', 'no end'],
  ])('is read by a reader that refuses %j', (text, why) => {
    expect(() => readExposition(text.includes('\n') ? text : `${text}\n`)).toThrow(why)
  })
})

const read = (view = sampleView()) => readExposition(formatExposition(describeMetrics(view)))

const valueOf = (name: string, labels: Record<string, string> = { run: GENERATION }, view = sampleView()) =>
  read(view)
    .get(name)
    ?.samples.find((sample) => JSON.stringify(sample.labels) === JSON.stringify(labels))?.value

describe('the metrics of a run', () => {
  it('are the figures of the page, in base units', () => {
    expect(valueOf('drover_run_done_bytes')).toBe(1.2e9)
    expect(valueOf('drover_run_source_bytes')).toBe(3.6e9)
    expect(valueOf('drover_run_done_files')).toBe(120)
    expect(valueOf('drover_run_shards', { run: GENERATION, state: 'in_work' })).toBe(2)
    expect(valueOf('drover_run_records_total', { run: GENERATION, outcome: 'rejected' })).toBe(10)
    expect(valueOf('drover_run_rejects_total', { run: GENERATION, code: 'FIELD_COUNT' })).toBe(7)
    expect(valueOf('drover_run_failed_files_total', { run: GENERATION, code: 'UNTERMINATED_QUOTE' })).toBe(2)
    expect(valueOf('drover_run_read_bytes_per_second')).toBe(60e6)
    expect(valueOf('drover_node_last_sign_timestamp_seconds', { node: 'node-b' })).toBe((NOW - 4000) / 1000)
    expect(valueOf('drover_queue_up', {})).toBe(1)
  })

  it('name their counters and units as Prometheus asks for', () => {
    for (const [name, { type, help }] of read()) {
      expect(name).toMatch(/^drover_[a-z_]+$/)
      expect(name.endsWith('_total')).toBe(type === 'counter')
      expect(name).not.toMatch(/_(ms|mb|kb|minutes|percent)(_|$)/)
      expect(help).toMatch(/\.$/)
    }
  })

  it('say that the server of the queue is away, and keep what is known', () => {
    const view = sampleView({ away: { sinceMs: NOW, reason: 'connect ECONNREFUSED' } })
    expect(valueOf('drover_queue_up', {}, view)).toBe(0)
    expect(valueOf('drover_run_done_bytes', undefined, view)).toBe(1.2e9)
    expect([...read({ ...emptyView(), state: null, away: { sinceMs: NOW, reason: '' } }).keys()]).toEqual([
      'drover_build_info',
      'drover_queue_up',
    ])
  })

  it('stay whole whatever strangers write into the queue', () => {
    const run = sampleRun({ sourceRoot: HOSTILE, rejectCodes: { [HOSTILE]: 1 } })
    const families = read(sampleView({ state: sampleState({ runs: [run] }) }))
    expect(families.get('drover_run_info')?.samples[0]?.labels).toMatchObject({ source: HOSTILE, run: GENERATION })
    expect(families.get('drover_run_rejects_total')?.samples[0]?.labels).toMatchObject({ code: HOSTILE })
  })

  it('are all listed in docs/cluster.md, with the right type', () => {
    const docs = readFileSync('docs/cluster.md', 'utf8')
    const listed = [...docs.matchAll(/^\| `(drover_\w+)[^|]*\| (counter|gauge) /gm)].map(
      ([, name, type]) => `${name} ${type}`,
    )
    expect(listed.toSorted()).toEqual([...read()].map(([name, { type }]) => `${name} ${type}`).toSorted())
  })
})

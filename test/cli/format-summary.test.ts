import { describe, expect, it } from 'vitest'
import { formatSummary } from '../../src/cli/terminal/format-summary.ts'
import type { SummaryOptions } from '../../src/cli/terminal/format-summary.ts'
import type { Report } from '../../src/model/report.ts'
import { FILE_FAILED, sampleMeasurements, sampleReport } from './sample-events.ts'

const PLAIN: SummaryOptions = { paint: (_, text) => text, verbose: 0, isQuiet: false }

const FAILURE = FILE_FAILED.type === 'file-failed' ? FILE_FAILED.error : undefined

const summarize = (rest: Partial<Report>, options: Partial<SummaryOptions> = {}) =>
  formatSummary(sampleReport(rest), { ...PLAIN, ...options })

const skipped = (rest: Partial<Report['skipped']>): Partial<Report> => ({
  skipped: { ...sampleReport().skipped, ...rest },
})

it('has every figure of an ordinary run, aligned', () => {
  expect(summarize({})).toBe(
    [
      'Converted 3 files to ndjson in 10.0 s',
      '  time       10.0 s real, 18.0 s user, 500 ms system',
      '  files      3 converted',
      '  records    3,000 read = 3,000 written + 0 rejected + 0 filtered',
      '  bytes      100 MB in, 200 MB out',
      '  speed      10.0 MB/s, 100 s/GB, 1.67 min/GB',
      '  engine     reference, 2 threads',
      '  tree hash  c0ffee',
      '',
    ].join('\n'),
  )
})

describe('what the run measured', () => {
  it('follows the engine: the verdict, its evidence and its advice; and how far it is from a copy', () => {
    const text = summarize({ measured: sampleMeasurements() })
    expect(text).toContain('min/GB, 1.28 x of copying these bytes\n')
    expect(text).toContain('engine     reference, 2 threads, the least busy worked 80% of the busiest\n')
    expect(text).toContain('verdict    cpu-bound: on CPU 97%\n             more threads will not help\n')
    expect(text).not.toContain('slowest')
  })

  it('says with --threads auto what was tried', () => {
    const steps = [{ atMs: 900, threads: 2, megabytesPerSecond: 100, secondsPerGb: 10 }]
    const tuning = { steps, chosen: 2, reason: '2 threads: 10.0 s/GB; 4: 10.1, no faster' }
    expect(summarize({ measured: sampleMeasurements({ tuning }) })).toContain(
      '2 threads (auto: 2 threads: 10.0 s/GB; 4: 10.1, no faster)\n',
    )
  })

  it('names the slowest files with -v', () => {
    expect(summarize({ measured: sampleMeasurements() }, { verbose: 1 })).toContain(
      '  slowest    8.00 s, 90.0 MB, cpu-bound: a/b.csv\n',
    )
  })

  it('does not judge some milliseconds', () => {
    const busy = { busyNs: 1e6, onCpuNs: 1e6, runQueueNs: 0, waitingNs: 0 }
    const stageNs = { read: 0, parse: 1e6, map: 0, encode: 0, write: 0, sync: 0 }
    expect(summarize({ measured: sampleMeasurements({ busy }), stageNs })).not.toContain('verdict')
  })
})

describe('the headline', () => {
  it.each([
    [
      'Converted 3 files to ndjson in 10.0 s (ndjson is the default here; --to chooses)',
      { isTargetFormatDefault: true },
    ],
    ['Nothing to convert', { files: { total: 0, converted: 0, alreadyDone: 0, failed: 0, notStarted: 0 } }],
    [
      'Nothing left to do: 1 file already done',
      { files: { total: 1, converted: 0, alreadyDone: 1, failed: 0, notStarted: 0 } },
    ],
    [
      'Converted 2 files to ndjson in 10.0 s; 1 file failed',
      { files: { total: 3, converted: 2, alreadyDone: 0, failed: 1, notStarted: 0 } },
    ],
    ['Every file failed', { files: { total: 2, converted: 0, alreadyDone: 0, failed: 2, notStarted: 0 } }],
    ['The only file failed', { files: { total: 1, converted: 0, alreadyDone: 0, failed: 1, notStarted: 0 } }],
    ['Stopped by SIGINT in 10.0 s: the same command goes on from here', { stopped: 'SIGINT' as const }],
    ['Stopped by --halt in 10.0 s: the same command goes on from here', { stopped: 'halt' as const }],
  ])('says "%s"', (headline, rest) => {
    expect(summarize(rest).split('\n')[0]).toBe(headline)
  })
})

describe('a summary', () => {
  type Case = [title: string, rest: Partial<Report>, lines: readonly string[]]
  const CASES: readonly Case[] = [
    [
      'counts every kind of file',
      {
        files: { total: 9, converted: 3, alreadyDone: 3, failed: 1, notStarted: 2 },
        ...skipped({ unknownFormat: { count: 4, examples: ['x.txt'] }, filteredOut: 7 }),
      },
      ['  files      3 converted, 3 already done, 1 failed, 2 not started, 4 skipped, 7 filtered out'],
    ],
    [
      'says that it is not durable',
      { isDurable: false },
      ['  durable    no (--no-fsync): a power cut may lose finished files'],
    ],
    [
      'says that the stream engine is lossy',
      { engine: 'stream', threads: 1 },
      ['  engine     stream (lossy), 1 thread'],
    ],
    ['says why there is no tree hash', { treeHash: null }, ['  tree hash  none: some targets are missing']],
    [
      'names rejects by code, the most frequent first, and where they are',
      { standingRejects: { files: 2, records: 1234 }, rejectCodes: { BARE_CR: 34, FIELD_COUNT: 1200 } },
      [
        '1,234 records of 2 files are rejected: FIELD_COUNT 1,200, BARE_CR 34',
        '  kept with their reasons in new/.migrate/rejects',
      ],
    ],
    [
      'names examples of what was skipped',
      skipped({ unknownFormat: { count: 4, examples: ['a.txt', 'b\n.txt', 'c', 'd'] } }),
      ['warning skipped 4 files of an unknown format: a.txt, b\\x0a.txt, c, ...'],
    ],
    ['names a single link', skipped({ links: { count: 1, examples: ['l'] } }), ['warning skipped 1 symbolic link: l']],
    [
      'lists orphans and how many more there are',
      { orphans: { count: 12, examples: Array.from({ length: 10 }, (_, at) => `o${at}`), arePruned: false } },
      ['warning 12 targets left without a source (--prune removes them)', '  new/o0', '  new/o9', '  and 2 more'],
    ],
    [
      'says that orphans were removed',
      { orphans: { count: 1, examples: ['o'], arePruned: true } },
      ['warning 1 target removed, since their sources are gone'],
    ],
    [
      'has the warnings of the run',
      { warnings: [{ code: 'NO_SPACE_LIKELY', message: 'it may not fit\u001b' }] },
      ['warning it may not fit\\x1b'],
    ],
    [
      'counts what was read leniently',
      { notices: { ...sampleReport().notices, quotesInUnquotedFields: 2, renamedColumns: 1 } },
      ['warning 2 quotes inside unquoted fields taken as text (--quotes rfc rejects them)', 'warning 1 column renamed'],
    ],
  ]
  it.each(CASES)('%s', (_, rest, lines) => {
    expect(summarize(rest).split('\n')).toEqual(expect.arrayContaining([...lines]))
  })

  it('ends with every failed file: place, code, message and hint', () => {
    const failures =
      FAILURE === undefined ? [] : [FAILURE, { ...FAILURE, message: 'other', position: { file: 'b.csv' } }]
    const lines = summarize({ failures }).split('\n')
    expect(lines.slice(-6)).toEqual([
      'failed a/\\x1b[31mbad.csv line 3, byte 5: UNTERMINATED_QUOTE: the quote opened at byte 7 is still open at the end',
      '       --unterminated-quote reject rejects just that record',
      'failed b.csv: UNTERMINATED_QUOTE: other',
      '       --unterminated-quote reject rejects just that record',
      '       flags are for all files of a run: name those that such a flag is for with --include',
      '',
    ])
  })

  it('names files that failed for the same reason together', () => {
    const failures = FAILURE === undefined ? [] : [FAILURE, { ...FAILURE, position: { file: 'b.csv' } }]
    expect(summarize({ failures })).toContain('bad.csv line 3, byte 5; b.csv: UNTERMINATED_QUOTE: the quote')
  })

  it('shows times by stage with -vv', () => {
    expect(summarize({}, { verbose: 2 })).toContain('  stages     read 1.00 s, parse 2.00 s, map 0 ms, encode 3.00 s')
  })

  it('says with -q only what failed', () => {
    expect(summarize({ isDurable: false }, { isQuiet: true })).toBe('')
    const failures = FAILURE === undefined ? [] : [FAILURE]
    expect(summarize({ failures }, { isQuiet: true })).toMatch(/^failed a\//)
  })
})

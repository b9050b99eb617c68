// Covers: The lines of --stats.
import { expect, it } from 'vitest'
import { printStats } from '../../src/cli/terminal/print-stats.ts'
import type { MigrateEvent } from '../../src/model/events.ts'
import { keepText } from './fake-host.ts'
import { FILE_DONE, FILE_FAILED, PLANNED, progressAt } from './sample-events.ts'

function linesOf(
  events: readonly MigrateEvent[],
  display: { stats?: number; statsOneLine?: boolean; verbose?: number },
) {
  const stream = keepText()
  const view = printStats(stream, { stats: 1000, statsOneLine: true, verbose: 0, ...display })
  for (const event of [PLANNED, ...events]) view.show(event)
  view.stop()
  return stream.text.split('\n').slice(0, -1)
}

it('prints one line an interval, counted by the clock of the run', () => {
  const times = [100, 900, 1000, 1100, 1999, 2050, 2900, 3050]
  const lines = linesOf(
    times.map((time) => progressAt(time)),
    {},
  )
  expect(lines.map((line) => line.split(':')[0])).toEqual(['1.00 s', '2.05 s', '3.05 s'])
})

it('tells bytes, share, rate, time left and files in one line', () => {
  expect(linesOf([progressAt(2000, { failedFiles: 1 })], {})).toEqual([
    '2.00 s: 20.0 MB of 100 MB, 20 %, 10.0 MB/s, ETA 8.00 s, 1 of 4 files, 1 failed',
  ])
})

it('takes the rate over the last ten seconds only', () => {
  const slow = [
    progressAt(10_000),
    progressAt(30_000, { readBytes: 90_000_000 }),
    progressAt(40_000, { readBytes: 95_000_000 }),
  ]
  expect(linesOf(slow, { stats: 40_000 })[0]).toContain('95 %, 0.50 MB/s, ETA 10.0 s')
})

it('does not guess a time where nothing moves', () => {
  expect(linesOf([progressAt(1000, { readBytes: 0 })], {})[0]).toContain('0.00 MB/s, ETA ?')
})

it('prints a line for each thread with -v', () => {
  expect(linesOf([progressAt(2000)], { statsOneLine: false, verbose: 1 })).toEqual([
    '2.00 s',
    '  bytes  20.0 MB of 100 MB, 20 %, 10.0 MB/s, ETA 8.00 s',
    '  files  1 of 4 files',
    '  thread 1   25 % of a/b.csv',
    '  thread 2  idle',
  ])
})

it('prints nothing with --stats 0', () => {
  expect(linesOf([progressAt(1000), progressAt(9_000_000)], { stats: 0 })).toEqual([])
})

it('prints each finished file with -vv, and no control character of its name', () => {
  expect(linesOf([FILE_DONE, FILE_FAILED], { verbose: 2 })).toEqual([
    'done a/b.csv: 20.0 MB to 40.0 MB, 998 records, 2 rejects, 2.00 s',
    'failed a/\\x1b[31mbad.csv: UNTERMINATED_QUOTE',
  ])
})

it('prints no finished file without -vv', () => {
  expect(linesOf([FILE_DONE, FILE_FAILED], { verbose: 1 })).toEqual([])
})

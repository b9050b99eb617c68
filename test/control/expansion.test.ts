import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { migrate } from '../../src/migrate.ts'
import type { MigrateEvent } from '../../src/model/events.ts'
import { expectNothingLeft } from '../faults/tree-state.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/**
 * Records with a name of their own each: a table has a column for every one. Targets of 16 MiB are never too large, and a row has a delimiter for
 * each column: from 4097 names on, whose square is more than that, there is something to warn of. 10,000 and more have a size of nine digits.
 */
function ownNames(count: number, value: (index: number) => unknown = () => 1): string {
  return Array.from({ length: count }, (_, index) => JSON.stringify({ [`key${index}`]: value(index) })).join('\n')
}

const LONG_HEADER = `${'x'.repeat(400_000)},b\n${'1,2\n'.repeat(2000)}`

it.each([
  [
    'records with names of their own, predicted',
    'a.ndjson',
    ownNames(12_000),
    { to: 'csv' },
    /would have \d{9} bytes at least, for its \d{5} columns/,
  ],
  [
    'nested records with names of their own',
    'a.ndjson',
    ownNames(12_000, (index) => ({ [`n${index}`]: 1 })),
    { to: 'csv', nested: 'flatten' },
    /would have \d{8,9} bytes/,
  ],
  [
    'names that come late',
    'a.ndjson',
    `${'{"a":1}\n'.repeat(60_000)}${ownNames(2000)}`,
    { to: 'tsv' },
    /would have \d{8,9} bytes/,
  ],
  [
    'a long header repeated in each record',
    'a.csv',
    LONG_HEADER,
    { to: 'ndjson' },
    /the target would have \d{8} bytes or more/,
  ],
] as const)(
  '%s: the file fails before the disk is full, and nothing is left of it',
  async (_, name, text, options, why) => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'in'))
    writeFileSync(join(folder, 'in', name), text)
    writeFileSync(join(folder, 'in/small.json'), '[{"a":1},{"b":2}]')
    const out = join(folder, 'out')
    const report = await migrate({
      in: join(folder, 'in'),
      out,
      maxExpansion: 50,
      fsync: false,
      threads: '1',
      ...options,
    })
    expect(report.failures).toMatchObject([{ code: 'EXPANSION_TOO_LARGE', message: expect.stringMatching(why) }])
    expect(report.files.converted).toBe(1)
    expectNothingLeft(out)
    expect(readdirSync(out).filter((entry) => !entry.startsWith('.'))).toEqual([`small.${options.to}`])
  },
)

it.each([
  ['in the block that the first thread converts', 10],
  ['in a later block', 600],
])('a file that several threads share fails all the same, and nothing is left of it: %s', async (_, rows) => {
  const folder = temporaryFolder()
  const text = `${'x'.repeat(40_000)},b\n${'1,2\n'.repeat(20_000)}`
  writeFileSync(join(folder, 'a.csv'), text)
  const out = join(folder, 'out')
  const splitSize = rows * 200
  const options = {
    in: join(folder, 'a.csv'),
    out: `${out}/`,
    to: 'ndjson',
    fsync: false,
    threads: '3',
    splitSize,
  } as const
  const report = await migrate({ ...options, maxExpansion: 50 })
  expect(report.splitFiles).toBe(1)
  expect(report.failures).toMatchObject([{ code: 'EXPANSION_TOO_LARGE' }])
  expectNothingLeft(out)
  expect(readdirSync(out)).toEqual(['.migrate'])
})

it('a target that is more than 100 times as large, but allowed, is converted and warned of', async () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'a.ndjson'), ownNames(4200))
  const options = { in: join(folder, 'a.ndjson'), out: join(folder, 'out.csv'), fsync: false }
  const report = await migrate(options)
  expect(report.files.converted).toBe(1)
  expect(report.warnings).toMatchObject([
    {
      code: 'EXPANSION_LARGE',
      message: expect.stringMatching(/^a\.ndjson: its target has \d{8} bytes, \d{3} times as large/),
    },
  ])
})

it.each([
  ['records with names of their own', 'large.ndjson', ownNames(5000), 'csv', '400ms', /--to ndjson needs none/],
  [
    'a long header',
    'large.csv',
    `${'x'.repeat(100_000)},b\n${'1,2\n'.repeat(1000)}`,
    'ndjson',
    '200ms',
    /each record repeats the names/,
  ],
] as const)(
  '%s: the warning comes while the file is converted, with its name and the predicted size',
  async (_, name, text, to, latency, remedy) => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'in'))
    writeFileSync(join(folder, 'in', name), text)
    writeFileSync(join(folder, 'in/other.json'), '[{"a":1}]')
    const events: MigrateEvent[] = []
    const stop = new AbortController()
    await migrate(
      // Each read waits, so that somebody who looks now and then sees the file in work.
      {
        in: join(folder, 'in'),
        out: join(folder, 'out'),
        to,
        fsync: false,
        threads: '1',
        latency,
        chunkSize: 65_536,
        maxExpansion: 'none',
      },
      {
        signal: stop.signal,
        onEvent: (event) => {
          events.push(event)
          if (event.type === 'warning' && event.code === 'EXPANSION_LARGE') stop.abort()
        },
      },
    )
    const told = events.flatMap((event) =>
      event.type === 'warning' && event.code === 'EXPANSION_LARGE' ? event.message : [],
    )
    expect(told).toEqual([expect.stringMatching(new RegExp(`^${name}: its target will have about \\d+ bytes or more`))])
    expect(told[0]).toMatch(remedy)
    expect(Number(/about (\d+)/.exec(told[0] ?? '')?.[1])).toBeGreaterThan(16 * 2 ** 20)
    const done = events.findIndex((event) => event.type === 'file-done' && event.file === name)
    const warned = events.findIndex((event) => event.type === 'warning' && event.code === 'EXPANSION_LARGE')
    expect(done === -1 || warned < done).toBe(true)
  },
)

it('of many large targets some are named, and the others counted', async () => {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'in'))
  for (let index = 0; index < 8; index++) writeFileSync(join(folder, `in/${index}.ndjson`), ownNames(4200))
  const options = { in: join(folder, 'in'), out: join(folder, 'out'), to: 'csv', fsync: false, threads: '1' } as const
  const { warnings } = await migrate(options)
  expect(warnings.map(({ message }) => message.replaceAll(/\d{2,}/g, 'N').slice(0, 40))).toEqual([
    ...Array.from({ length: 5 }, () => expect.stringMatching(/^\d\.ndjson: its target has N bytes/)),
    expect.stringMatching(/^3 more targets are up to N times/),
  ])
})

it('0 and none lift the limit', async () => {
  for (const maxExpansion of [0, 'none']) {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'a.ndjson'), ownNames(5000))
    const report = await migrate({
      in: join(folder, 'a.ndjson'),
      out: join(folder, 'out.csv'),
      fsync: false,
      maxExpansion,
    })
    expect(report.files.converted).toBe(1)
  }
})

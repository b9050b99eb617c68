import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { migrate } from '../../support/migrate.ts'
import type { MigrateOptions } from '../../../src/options/options.ts'
import type { Report } from '../../../src/model/report.ts'
import { runFiles } from '../../../src/schedule/run-files.ts'
import { ThreadLimit } from '../../../src/schedule/thread-limit.ts'
import { ThreadPool } from '../../../src/schedule/thread-pool.ts'
import { planOf } from '../../support/convert-bytes.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

vi.setConfig({ testTimeout: 120_000 })
afterEach(() => vi.unstubAllEnvs())

const WORKER = join(import.meta.dirname, 'splitting-worker.mjs')

/** Quoted line ends, literal quotes, ragged rows. */
const TABLE = `id,name,note\n${Array.from({ length: 6000 }, (_, i) => {
  if (i % 7 === 0) return `${i},"two\nlines, ""${i}""",x\n`
  if (i % 31 === 0) return `${i},5" pipe,y\n`
  return i % 53 === 0 ? `${i},ragged\n` : `${i},plain,z\n`
}).join('')}`
const LINES = Array.from({ length: 6000 }, (_, i) => (i % 37 === 0 ? '{bad\n' : `{"id":${i},"name":"x${i}"}\n`)).join(
  '',
)

async function run(source: string, to: 'csv' | 'ndjson' | 'json', options: Partial<MigrateOptions>) {
  const folder = temporaryFolder()
  const name = source.startsWith('id') ? 'a.csv' : 'a.ndjson'
  writeFileSync(join(folder, name), source)
  const out = join(folder, 'out')
  const report = await migrate({ in: join(folder, name), out: join(out, `a.${to}`), to, fsync: false, ...options })
  const rejects = join(out, '.migrate/rejects', `${name}.ndjson`)
  return {
    report,
    target: readFileSync(join(out, `a.${to}`)),
    rejects: readFileSync(rejects),
  }
}

const comparable = ({ treeHash, records, notices, rejectCodes, targetBytes, failures }: Report) => {
  return { treeHash, records, notices, rejectCodes, targetBytes, failures }
}

describe('a file on many threads', () => {
  const CASES = (['ndjson', 'csv', 'json'] as const).flatMap((to) => [[TABLE, to] as const, [LINES, to] as const])
  it.each(CASES)('becomes what it becomes on one (case %#)', async (source, to) => {
    const whole = await run(source, to, { threads: '1', checksum: true })
    expect(whole.report.splitFiles).toBe(0)
    for (const [threads, splitSize] of [
      ['8', 1024],
      ['3', 10_000],
    ] as const) {
      const split = await run(source, to, { threads, splitSize, checksum: true })
      expect(split.report.splitFiles).toBe(1)
      expect(split.target.equals(whole.target)).toBe(true)
      expect(split.rejects).toEqual(whole.rejects)
      expect(comparable(split.report)).toEqual(comparable(whole.report))
    }
  })
})

describe('a thread that dies with a block in its hands', () => {
  it.each(['help', 'lead'])('does not leave the others waiting, and the file is tried again: %s', async (kind) => {
    const folder = temporaryFolder()
    const mark = join(folder, 'died')
    vi.stubEnv('DROVER_DIES', kind)
    vi.stubEnv('DROVER_DIED_MARK', mark)
    const sourcePath = join(folder, 'a.csv')
    writeFileSync(sourcePath, TABLE)
    const { size, mtimeNs } = statSync(sourcePath, { bigint: true })
    // One leads, one may die while it helps, and one waits for both: fewer would not have to be freed, and more wait for the same.
    const pool = new ThreadPool({ plan: planOf('ndjson', {}), threads: 3, entry: WORKER })
    onTestFinished(() => pool.destroy())
    const outcomes: string[] = []
    await runFiles([[0]], {
      pool,
      limit: new ThreadLimit(3),
      retries: 1,
      splits: new Set([0]),
      blockBytes: 512,
      mayQueue: true,
      mayStart: () => true,
      makeFileTask: (index, attempt) => ({
        index,
        sourcePath,
        relativePath: 'a.csv',
        format: 'csv',
        sizeBytes: Number(size),
        mtimeNs,
        stagedTarget: join(folder, `target-${attempt}`),
        stagedRejects: join(folder, `rejects-${attempt}`),
      }),
      onConverted: async (files, attempt) => {
        for (const { result } of files) outcomes.push(`${result.records.read} records`, `died: ${attempt === 2}`)
      },
      onFailed: (_, error) => outcomes.push(error.code),
      onTried: () => {},
      onHelped: () => {},
    })
    // A helper that came when all blocks were claimed has not died.
    expect(outcomes).toEqual(['6000 records', `died: ${existsSync(mark)}`])
    expect(kind === 'help' || existsSync(mark)).toBe(true)
  })
})

import { describe, expect, it } from 'vitest'
import { printPlan } from '../../src/cli/terminal/print-plan.ts'
import type { PlannedFile, PlanReport } from '../../src/model/report.ts'
import { fakeHost } from './fake-host.ts'
import { sampleReport } from './sample-events.ts'

const FILES: readonly PlannedFile[] = [
  { source: 'a.csv', target: 'a.ndjson', format: 'csv', sizeBytes: 2000, tier: 'bytes', reason: 'done' },
  { source: 'b\t.csv', target: 'b\t.ndjson', format: 'csv', sizeBytes: 1000, tier: 'bytes', reason: 'new source' },
]

function samplePlan(rest: Partial<PlanReport> = {}): PlanReport {
  return {
    sourceRoot: 'old',
    targetRoot: 'new',
    targetFormat: 'ndjson',
    isTargetFormatDefault: true,
    engine: 'reference',
    threads: 2,
    planHash: 'p',
    manifestHash: 'm',
    shard: null,
    files: FILES,
    fileCount: FILES.length,
    toConvert: 1,
    alreadyDone: 1,
    sourceBytes: 3000,
    bytesToConvert: 1000,
    failures: [],
    skipped: sampleReport().skipped,
    warnings: [],
    orphans: { count: 0, examples: [], wouldBePruned: false },
    prediction: { seconds: 90, targetBytes: 2000, megabytesPerSecond: 11.5 },
    ...rest,
  }
}

const TOTALS = [
  '2 files, 3.00 kB: 1 to convert (1.00 kB), 1 already done',
  'to ndjson (the default here; --to chooses), engine reference, 2 threads',
  'predicted: 1m30s, 2.00 kB of targets (11.5 MB/s in a sample)',
  'nothing was written',
]

describe('a plan on a pipe', () => {
  it('is one line a file with tabs on standard output, and totals on standard error', async () => {
    const host = fakeHost([])
    await printPlan(samplePlan(), host, { isExplained: false, isQuiet: false })
    expect(host.stdout.text).toBe(
      'a.csv\ta.ndjson\tcsv\tbytes\t2000\tdone\nb\\x09.csv\tb\\x09.ndjson\tcsv\tbytes\t1000\tnew source\n',
    )
    expect(host.stderr.text).toBe(`${TOTALS.join('\n')}\n`)
  })

  it('ends early where nobody reads', async () => {
    const host = fakeHost([])
    let taken = 0
    const endless = (function* () {
      for (;;) {
        taken += 1
        if (taken === 3) (host.stdout as unknown as { destroy(): void }).destroy()
        yield FILES[0] as PlannedFile
      }
    })()
    await printPlan(samplePlan({ files: endless }), host, { isExplained: false, isQuiet: true })
    expect(taken).toBeLessThan(6)
  })

  it('has only failures on standard error with -q', async () => {
    const host = fakeHost([])
    const failure = {
      code: 'EACCES',
      phase: 'discover' as const,
      message: 'no',
      position: { file: 'x' },
      isRetryable: false,
    }
    await printPlan(samplePlan({ failures: [failure] }), host, { isExplained: false, isQuiet: true })
    expect(host.stderr.text).toBe('failed x: EACCES: no\n')
  })
})

async function printOnTerminal(rest: Partial<PlanReport>, isExplained: boolean): Promise<string[]> {
  const host = fakeHost([], { terminal: 'terminal', env: { NO_COLOR: '1' } })
  await printPlan(samplePlan(rest), host, { isExplained, isQuiet: false })
  expect(host.stderr.text).toBe('')
  return host.stdout.text.split('\n').map((line) => line.trimEnd())
}

describe('a plan on a terminal', () => {
  it('is a table and totals', async () => {
    expect(await printOnTerminal({}, false)).toEqual([
      'source     target           format  tier      size',
      'a.csv      a.ndjson (done)  csv     bytes  2.00 kB',
      'b\\x09.csv  b\\x09.ndjson     csv     bytes  1.00 kB',
      ...TOTALS,
      '',
    ])
  })

  it('has the reasons when it is explained', async () => {
    expect((await printOnTerminal({}, true))[2]).toMatch(/1\.00 kB +new source$/)
  })

  it('is lines when there are too many files for a table', async () => {
    expect((await printOnTerminal({ fileCount: 301 }, false))[0]).toBe('a.csv\ta.ndjson\tcsv\tbytes\t2000\tdone')
  })

  it('lists what is skipped, warnings and orphans', async () => {
    const rest: Partial<PlanReport> = {
      skipped: { ...sampleReport().skipped, links: { count: 2, examples: [] }, filteredOut: 1 },
      warnings: [{ code: 'NO_SPACE_LIKELY', message: 'it may not fit' }],
      orphans: { count: 1, examples: ['gone.ndjson'], wouldBePruned: false },
    }
    expect(await printOnTerminal(rest, false)).toEqual(
      expect.arrayContaining([
        'skipped: 2 symbolic links, 1 filtered out',
        'warning: it may not fit',
        '1 target left without a source (--prune removes them)',
        '  new/gone.ndjson',
      ]),
    )
  })
})

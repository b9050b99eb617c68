import { parseString } from 'fast-csv'
import { describe, expect, it } from 'vitest'
import { renderReport } from '../../../src/cli/report/render-report.ts'
import { ReportSchema } from '../../../src/model/report.ts'
import { sampleReport } from '../sample-events.ts'
import { measuredReport } from './sample-measured.ts'

const HOSTILE = [
  '</script><script>alert(1)</script>.csv',
  '<img src=x onerror=alert(1)>.csv',
  '=HYPERLINK("x")',
  '@a,"b".csv',
  "'quoted",
  'a|b\\|`c`_d_\n# e\u2028\u202e.csv',
]

async function readCsv(text: string): Promise<string[][]> {
  const rows: string[][] = []
  return new Promise((resolve, reject) => {
    parseString<string[], string[]>(text)
      .on('data', (row: string[]) => rows.push(row))
      .on('error', reject)
      .on('end', () => resolve(rows))
  })
}

describe('csv', () => {
  it('has one row of the same columns for each file, failed ones included', async () => {
    const report = measuredReport(10)
    const rows = await readCsv(await renderReport(report, 'csv'))
    expect(rows).toHaveLength(1 + 10 + 1)
    expect(new Set(rows.map((row) => row.length)).size).toBe(1)
    expect(rows.at(-1)?.slice(0, 2)).toEqual(['orders/2023/broken.csv', 'UNTERMINATED_QUOTE'])
    const [header = [], first = []] = rows
    const figures = Object.fromEntries(header.map((name, at) => [name, first[at]]))
    expect(figures).toMatchObject({ status: 'converted', source_bytes: String(report.measured?.files[0]?.sourceBytes) })
  })

  it('gives every name back, with an apostrophe before one that a spreadsheet would run', async () => {
    const rows = await readCsv(await renderReport(measuredReport(6, 2, HOSTILE), 'csv'))
    const names = rows.slice(1, 7).map(([name = '']) => name)
    expect(names.filter((name) => /^[=+\-@\t\r]/.test(name))).toEqual([])
    expect(names.map((name) => name.replace(/^'/, ''))).toEqual(HOSTILE)
  })

  it('is a header alone where nothing was measured', async () => {
    const text = await renderReport(sampleReport(), 'csv')
    expect(text.split('\r\n')).toHaveLength(2)
  })
})

describe('markdown', () => {
  it('has tables whose rows have as many cells as their header, whatever the names', async () => {
    const text = await renderReport(measuredReport(6, 2, HOSTILE), 'markdown')
    const widths = text
      .split('\n\n')
      .filter((block) => block.startsWith('|'))
      .map((block) => block.split('\n').map((line) => line.split('|').length))
    expect(widths.length).toBeGreaterThan(6)
    for (const lines of widths) expect(new Set(lines).size).toBe(1)
  })

  it('takes nothing in a name as mark-up', async () => {
    const text = await renderReport(measuredReport(6, 2, HOSTILE), 'markdown')
    expect(text).not.toMatch(/<\w|<\/|[\u2028\u202e]|(?<!\\)`c/)
    expect(text).toContain('a&#124;b&#92;&#124;\\`c\\`\\_d\\_\\x0a\\# e'.replaceAll('\\x0a', '&#92;x0a'))
  })

  it('says when the run was, and on which CPU, where its report tells', async () => {
    const text = await renderReport(sampleReport(), 'markdown')
    expect(text).toContain('| Started | 2026-11-27 21:03:12 UTC |')
    expect(text).toContain('| CPU | A CPU @ 2.00GHz |')
    expect(await renderReport(sampleReport({ startedAt: null, cpu: null }), 'markdown')).not.toMatch(/Started|CPU/)
  })

  it('leaves out what a report has nothing for', async () => {
    const text = await renderReport(sampleReport(), 'markdown')
    expect(text.match(/^## .*$/gm)).toEqual(['## Time by stage'])
    expect(text).not.toMatch(/undefined|null|NaN/)
  })
})

const dataOf = (page: string): string =>
  /<script type="application\/json" id="data">([^<]*)<\/script>/.exec(page)?.[1] ?? ''

describe('html', () => {
  it('carries its data in a form that no name can break out of', async () => {
    const page = await renderReport(measuredReport(6, 2, HOSTILE), 'html')
    const data = JSON.parse(dataOf(page)) as { files: { file: string[]; startMs: number[] } }
    expect(data.files.file.slice(0, 3)).toEqual(HOSTILE.slice(0, 3))
    expect(page.match(/<script/g)).toHaveLength(3)
    expect(page).not.toMatch(/<img|[\u2028\u202e]/)
  })

  it('names nothing that would be fetched', async () => {
    const page = await renderReport(measuredReport(3), 'html')
    const withoutComments = page.replaceAll(/\/\*![^]*?\*\//g, '')
    expect(withoutComments).not.toMatch(/\b(?:src|href)=|url\(|@import|https?:/)
    expect(page).toContain('default-src &#39;none&#39;')
  })

  it.each([
    [
      'nothing was converted',
      sampleReport({ rates: null, stageNs: { read: 0, parse: 0, map: 0, encode: 0, write: 0, sync: 0 } }),
    ],
    ['every part is empty', emptyMeasured()],
  ])('is whole where %s', async (_, report) => {
    const page = await renderReport(report, 'html')
    const visible = page.replaceAll(/<(script|style)[^]*?<\/\1>/g, '')
    expect(visible).not.toMatch(/undefined|null|NaN/)
    expect(visible).toContain('</main>')
  })
})

function emptyMeasured() {
  const report = measuredReport(2)
  const measured = report.measured && {
    ...report.measured,
    verdict: null,
    oneMoreThread: null,
    copyFloor: null,
    threads: [],
    slowestFiles: [],
    costliestFiles: [],
    files: [],
    timeline: [],
    tuning: null,
    system: { cores: 1, cpuQuota: null, storage: null, pressure: null, stealShare: null, peakMemoryBytes: 0 },
  }
  return { ...report, measured }
}

it('json is the report itself', async () => {
  const report = measuredReport(4)
  expect(ReportSchema.parse(JSON.parse(await renderReport(report, 'json')))).toEqual(report)
})

it('is read without its date and its CPU, as earlier versions wrote it', () => {
  const { startedAt: _, cpu: __, ...earlier } = measuredReport(2)
  expect(ReportSchema.parse(earlier)).toMatchObject({ reportVersion: 1, startedAt: null, cpu: null })
})

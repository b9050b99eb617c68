import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { renderHtml } from '../../../src/cli/bench/render-html.ts'
import type { BenchReport } from '../../../src/model/bench-report.ts'
import { measuredBench } from '../../bench/bench-report-of.ts'
import { Tab, whyNoBrowser, type Watched } from '../report/browser.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

/** The page of a benchmark in a real browser. */

const missing = await whyNoBrowser()
if (missing !== null) console.log(`skipped test/cli/bench/page.test.ts: ${missing}`)

describe.skipIf(missing !== null)('the page of a benchmark', () => {
  let tab: Tab
  beforeAll(async () => {
    tab = await Tab.open()
  })
  afterAll(() => tab.close())

  async function open(
    report: BenchReport,
    look: Parameters<Tab['show']>[1] = { width: 1280, scheme: 'light' },
  ): Promise<Watched> {
    const path = join(temporaryFolder(), 'bench.html')
    writeFileSync(path, renderHtml(report))
    return tab.show(path, look)
  }

  it.each([
    [1280, 'light'],
    [1280, 'dark'],
    [400, 'light'],
    [400, 'dark'],
  ] as const)(
    'at %i px, %s: complains of nothing, asks for nothing, scrolls down only, and draws',
    async (width, scheme) => {
      const { page, complaints, requests } = await open(measuredBench(), { width, scheme })
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width)
      // Two kinds: a dot for each of three runs at four numbers of threads and auto, a line of medians, and a model.
      expect(await page.locator('svg.scaling circle').count()).toBe(24)
      for (const line of ['measured', 'model']) {
        const boxes = await page.locator(`svg.scaling polyline.${line}`).all()
        expect(boxes).toHaveLength(2)
        for (const box of boxes) expect((await box.boundingBox())?.width).toBeGreaterThan(100)
      }
      expect(await page.locator('.rungs li').count()).toBe(3)
      expect(
        await page.evaluate(
          `[...document.querySelectorAll('.scroll')].filter((place) => place.scrollWidth > place.clientWidth).length`,
        ),
      ).toBe(0)
      const colours = await page.evaluate(
        `[...document.querySelectorAll('circle.run, polyline.measured')].map((mark) => getComputedStyle(mark)[mark.tagName === 'circle' ? 'fill' : 'stroke'])`,
      )
      expect(new Set(colours as string[]).size).toBe(2)
      expect(complaints).toEqual([])
      expect(requests.filter((url) => !url.startsWith('file:') || !url.endsWith('bench.html'))).toEqual([])
    },
  )

  it('has bars in its ladder whose lengths are as the speeds that they stand for', async () => {
    const bench = measuredBench()
    const { page } = await open(bench)
    const drawn = (await page.evaluate(
      `[...document.querySelectorAll('.rungs .bar')].map((bar) => bar.querySelector('rect').getBoundingClientRect().width / bar.getBoundingClientRect().width)`,
    )) as number[]
    const speeds = bench.ladders[0]?.steps.map(({ cost }) => cost.megabytesPerSecond) ?? []
    for (const [at, speed] of speeds.entries()) expect(drawn[at]).toBeCloseTo(speed / Math.max(...speeds), 3)
  })

  it('sorts a table by any column, up and down, by amounts and not by text', async () => {
    const { page } = await open(measuredBench())
    const table = page.locator('table.sortable').first()
    const threads = () => table.locator('tbody td:first-child').allTextContents()
    expect(await threads()).toEqual(['1', '2', '4', '8', 'auto'])
    const median = table.locator('th', { hasText: 'median' })
    await median.locator('button').press('Enter')
    expect(await median.getAttribute('aria-sort')).toBe('descending')
    expect(await threads()).toEqual(['1', '2', 'auto', '8', '4'])
    await median.locator('button').press('Enter')
    expect(await median.getAttribute('aria-sort')).toBe('ascending')
    expect(await threads()).toEqual(['4', '8', 'auto', '2', '1'])
    await table.locator('th', { hasText: 'threads' }).locator('button').press('Enter')
    expect(await table.locator('th[aria-sort]').count()).toBe(1)
    // 100 MB are less than 1.20 GB.
    await table.locator('th', { hasText: 'memory' }).locator('button').press('Enter')
    expect((await table.locator('tbody td:nth-child(8)').allTextContents())[0]).toBe('1.20 GB')
  })

  it('changes its theme with the button that all pages have', async () => {
    const { page } = await open(measuredBench())
    const ground = () => page.evaluate('getComputedStyle(document.body).backgroundColor')
    const before = await ground()
    await page.locator('#theme').click()
    await page.locator('#theme').click()
    expect(await page.locator('#theme').textContent()).toBe('Theme: dark')
    expect(await ground()).not.toBe(before)
  })

  it('shows hostile names as text and runs none of them', async () => {
    const hostile = '</style></script><script>globalThis.wasRun=1</script><img src=x onerror="globalThis.wasRun=1">'
    const bench = measuredBench()
    const { page, complaints } = await open({
      ...bench,
      machine: { ...bench.machine, cpu: hostile },
      work: { ...bench.work, sourceRoot: hostile },
    })
    expect(await page.locator('.subtitle code').textContent()).toBe(hostile)
    expect(await page.evaluate('[globalThis.wasRun, document.images.length]')).toEqual([undefined, 0])
    expect(complaints).toEqual([])
  })
})

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { renderReport } from '../../../src/cli/report/render-report.ts'
import type { PageData } from '../../../src/cli/report/html/page-data.ts'
import type { Report } from '../../../src/model/report.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { Tab, whyNoBrowser, type Watched } from './browser.ts'
import { measuredReport } from './sample-measured.ts'

/** The page of a report in a real browser. */

const missing = await whyNoBrowser()
if (missing !== null) console.log(`skipped test/cli/report/page.test.ts: ${missing}`)

const HOSTILE = [
  '</script><script>globalThis.wasRun=1</script>.csv',
  '<img src=x onerror="globalThis.wasRun=1">.csv',
  '"><svg onload=globalThis.wasRun=1>',
]

/** Colours that a canvas has, apart from what is clear. */
const coloursOf = (selector: string): string => `(() => {
  const canvas = document.querySelector('${selector}')
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
  const seen = new Set()
  for (let at = 0; at < data.length; at += 4) if (data[at + 3] === 255) seen.add(data[at] << 16 | data[at + 1] << 8 | data[at + 2])
  return seen.size
})()`

/** Tables that reach beyond their place: part of them is only seen by scrolling. */
const CUT_OFF = `[...document.querySelectorAll('.scroll')].filter((place) => place.scrollWidth > place.clientWidth).map((place) => place.textContent.slice(0, 60))`

/** Where the first row of the Gantt chart has its first and its last block, in pixels of the page. */
const FIRST_LANE = `(() => {
  const canvas = document.querySelector('#gantt canvas')
  const scale = canvas.width / canvas.clientWidth
  const from = Math.round(40 * scale)
  const { data } = canvas.getContext('2d').getImageData(from, Math.round(13 * scale), canvas.width - from, 1)
  const filled = [...Array(canvas.width - from).keys()].filter((x) => data[4 * x + 3] === 255)
  return [filled[0], filled.at(-1)].map((x) => (x + from) / scale)
})()`

/** A run whose course was first looked at when it had lasted for a while, and whose first thread had work from its start to its end. */
function startingLate(report: Report): Report {
  const { measured } = report
  if (measured === null) throw new Error('nothing was measured')
  const endMs = measured.timeline.at(-1)?.atMs ?? 0
  const [first] = measured.files
  const files = first === undefined ? [] : [{ ...first, thread: 0, startMs: 0, endMs }]
  return { ...report, measured: { ...measured, files, timeline: measured.timeline.slice(20, -10) } }
}

const inBytes = (text: string): number => Number.parseFloat(text) * (text.endsWith('kB') ? 1e3 : 1e6)

describe.skipIf(missing !== null)('the page of a report', () => {
  let tab: Tab
  beforeAll(async () => {
    tab = await Tab.open()
  })
  afterAll(() => tab.close())

  async function open(
    report: Report,
    look: Parameters<Tab['show']>[1] = { width: 1280, scheme: 'light' },
  ): Promise<Watched> {
    const path = join(temporaryFolder(), 'report.html')
    writeFileSync(path, await renderReport(report, 'html'))
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
      const { page, complaints, requests } = await open(measuredReport(80), { width, scheme })
      await page.locator('#files tbody tr').first().waitFor()
      await page.evaluate(`for (const part of document.querySelectorAll('details')) part.open = true`)
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width)
      expect(await page.evaluate(CUT_OFF)).toEqual([])
      for (const canvas of ['#throughput canvas', '#load canvas', '#gantt canvas']) {
        await expect.poll(() => page.evaluate(coloursOf(canvas)), { timeout: 20_000 }).toBeGreaterThan(1)
      }
      expect(complaints).toEqual([])
      expect(requests.filter((url) => !url.startsWith('file:') || !url.endsWith('report.html'))).toEqual([])
    },
  )

  it.each([1280, 400])('at %i px: shows one moment at one place on all of its axes of time', async (width) => {
    const { page } = await open(startingLate(measuredReport(40)), { width, scheme: 'light' })
    const place = (selector: string) =>
      page.evaluate(
        `(() => { const { left, right } = document.querySelector('${selector}').getBoundingClientRect(); return [left, right].map(Math.round) })()`,
      ) as Promise<number[]>
    await expect.poll(() => page.evaluate(coloursOf('#gantt canvas')), { timeout: 20_000 }).toBeGreaterThan(1)
    const plot = await place('#throughput .u-over')
    expect(await place('#load .u-over')).toEqual(plot)
    // The first file begins with the run here, and the last one ends with it.
    const [left = 0] = await place('#gantt canvas')
    const [from, to] = (await page.evaluate(FIRST_LANE)) as number[]
    expect(Math.abs(left + (from ?? 0) - (plot[0] ?? 0))).toBeLessThanOrEqual(1)
    expect(Math.abs(left + (to ?? 0) - (plot[1] ?? 0))).toBeLessThanOrEqual(2)
    const { charts, endMs } = (await page.evaluate(
      `JSON.parse(document.querySelector('#data').textContent)`,
    )) as PageData
    for (const { x } of charts) expect([x.values[0], x.values.at(-1)]).toEqual([0, endMs / 1000])
  })

  it('says when the run was, and on which CPU', async () => {
    const { page } = await open(measuredReport(4))
    const facts = await page.locator('.overview .facts').innerText()
    expect(facts).toContain('2026-11-27 21:03:12 UTC')
    expect(facts).toContain('A CPU @ 2.00GHz')
  })

  it('sorts its table by any column, up and down, and says so', async () => {
    const { page } = await open(measuredReport(80))
    const header = page.locator('.files th', { hasText: 'size' })
    const sizes = () => page.locator('.files tbody td:nth-child(2)').allTextContents()
    await header.locator('button').press('Enter')
    expect(await header.getAttribute('aria-sort')).toBe('descending')
    const descending = (await sizes()).map(inBytes)
    expect(descending).toEqual(descending.toSorted((a, b) => b - a))
    await header.locator('button').press('Enter')
    expect(await header.getAttribute('aria-sort')).toBe('ascending')
    const ascending = (await sizes()).map(inBytes)
    expect(ascending).toEqual(ascending.toSorted((a, b) => a - b))
    expect(await page.locator('.files th[aria-sort="ascending"]').count()).toBe(1)
  })

  it('filters its table by name and by verdict, and shows more rows when asked', async () => {
    const { page } = await open(measuredReport(80))
    const rows = page.locator('.files tbody tr')
    expect(await rows.count()).toBe(25)
    await page.locator('.more').click()
    expect(await rows.count()).toBe(50)
    await page.locator('.finder input').fill('PART-7.')
    expect(await rows.allTextContents()).toEqual([expect.stringContaining('part-7.csv')])
    await page.locator('.finder input').fill('')
    await page.locator('.finder select').selectOption('io-bound-write')
    expect(await page.locator('.finder output').textContent()).toBe('9 of 80 files')
  })

  it('shows hostile names as text and runs none of them', async () => {
    const { page, complaints } = await open(measuredReport(6, 2, HOSTILE))
    const names = await page.locator('.files tbody td:first-child').allTextContents()
    expect(names).toEqual(expect.arrayContaining(HOSTILE))
    expect(await page.evaluate('[globalThis.wasRun, document.images.length, document.scripts.length]')).toEqual([
      undefined,
      0,
      3,
    ])
    expect(complaints).toEqual([])
  })

  it('changes its theme, and draws its charts in the new colours', async () => {
    const { page } = await open(measuredReport(20))
    const ground = () => page.evaluate('getComputedStyle(document.body).backgroundColor')
    const picture = () => page.evaluate(`document.querySelector('#gantt canvas').toDataURL()`)
    const before = [await ground(), await picture()]
    await page.locator('#theme').click()
    expect(await page.locator('#theme').textContent()).toBe('Theme: light')
    await page.locator('#theme').click()
    expect(await ground()).not.toBe(before[0])
    await expect.poll(picture).not.toBe(before[1])
  })

  it('tells of the file below the pointer, zooms, and stays usable with 10,000 files', async () => {
    const { page, complaints } = await open(measuredReport(10_000, 8))
    const canvas = page.locator('#gantt canvas')
    const picture = () => page.evaluate(`document.querySelector('#gantt canvas').toDataURL()`)
    await canvas.scrollIntoViewIfNeeded()
    await canvas.hover({ position: { x: 300, y: 10 } })
    expect(await page.locator('.tip').textContent()).toMatch(/part-\d+\.csv\n.* MB in .*, thread 0\nread /)
    const whole = await picture()
    await canvas.press('+')
    await expect.poll(picture).not.toBe(whole)
    await canvas.press('0')
    await expect.poll(picture).toBe(whole)
    expect(complaints).toEqual([])
  })

  it('opens without figures too', async () => {
    const { page, complaints } = await open({ ...measuredReport(2), measured: null })
    expect(await page.locator('.evidence').textContent()).toContain('Nothing was measured')
    expect(complaints).toEqual([])
  })
})

import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeParts, renderRunPage } from '../../../src/cli/dashboard/run-page.ts'
import type { RunView } from '../../../src/cli/dashboard/run-watch.ts'
import { formatBytes, formatCount } from '../../../src/cli/terminal/format-quantity.ts'
import { Tab, whyNoBrowser, type Watched } from '../report/browser.ts'
import { CONTRASTS } from './contrasts.ts'
import {
  clusterReport,
  emptyView,
  endedView,
  NOW,
  sampleNode,
  sampleRun,
  sampleShard,
  sampleState,
  sampleView,
} from './sample-view.ts'

/** The page of a run in a real browser, from a server whose view of the cluster a test can change. */

const missing = await whyNoBrowser()
if (missing !== null) console.log(`skipped test/cli/dashboard/page.test.ts: ${missing}`)

const HOSTILE = '</div><img src=x onerror="globalThis.wasRun=1"><script>globalThis.wasRun=1</script>\u202e'

const AWAY = { sinceMs: NOW, reason: 'connect ECONNREFUSED 127.0.0.1:6379' }

const VIEWS: Readonly<Record<string, () => RunView>> = {
  'at work': () => sampleView(),
  ended: endedView,
  'not there': emptyView,
  'out of sight': () => sampleView({ away: AWAY }),
}

describe.skipIf(missing !== null)('the page of a run', () => {
  let tab: Tab
  let server: Server
  let url = ''
  let view = sampleView()
  let isBroken = false
  beforeAll(async () => {
    tab = await Tab.open()
    server = createServer(({ url: path }, response) => {
      if (isBroken) return response.destroy()
      const isPage = path === '/'
      response.setHeader('content-type', isPage ? 'text/html; charset=utf-8' : 'application/json')
      return response.end(isPage ? renderRunPage(view, NOW + 5000) : JSON.stringify(describeParts(view, NOW + 5000)))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  })
  afterAll(async () => {
    await tab.close()
    server.closeAllConnections()
    server.close()
  })

  async function open(
    next: RunView,
    look: Parameters<Tab['visit']>[1] = { width: 1280, scheme: 'light' },
  ): Promise<Watched> {
    view = next
    isBroken = false
    const watched = await tab.visit(url, look)
    // The script has asked, and put in its place what it got.
    await watched.page.waitForResponse((response) => response.url().endsWith('/run.json'))
    return watched
  }

  const looks = Object.keys(VIEWS).flatMap((what) =>
    [1280, 400].flatMap((width) => (['light', 'dark'] as const).map((scheme) => [what, width, scheme] as const)),
  )
  it.each(looks)('%s, at %i px, %s: fits, can be read, and complains of nothing', async (what, width, scheme) => {
    const { page, complaints, requests } = await open(VIEWS[what]?.() ?? emptyView(), { width, scheme })
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width)
    const cutOff = `[...document.querySelectorAll('.scroll')].filter((place) => place.scrollWidth > place.clientWidth).length`
    expect(await page.evaluate(cutOff)).toBe(0)
    const { count, poor } = (await page.evaluate(CONTRASTS)) as { count: number; poor: string[] }
    expect(count).toBeGreaterThan(10)
    expect(poor).toEqual([])
    expect(await page.locator('h1').count()).toBe(1)
    expect(complaints).toEqual([])
    expect(requests.filter((asked) => !asked.startsWith(url))).toEqual([])
  })

  it('shows what the cluster tells: share, speed, time left, records, rejects, failures, shards and nodes', async () => {
    const { page } = await open(sampleView())
    expect(await page.locator('h1').innerText()).toMatch(/^Run 000007-3fa9c2\s+converting$/)
    expect(await page.title()).toBe('33 %, run 000007-3fa9c2')
    expect(await page.getByRole('progressbar').getAttribute('aria-valuenow')).toBe('33')
    expect(await page.locator('.amounts').innerText()).toBe('1.20 GB of 3.60 GB, 120 of 300 files')
    // 2.4 GB at the 60 MB/s of the last seconds.
    expect(await page.locator('.left').innerText()).toBe('about 40.0 s left')
    expect(await page.locator('.figures dd').allInnerTexts()).toEqual(['60.0', '4,000', '10', '3', '3 of 9'])
    expect(await page.locator('#verdict').innerText()).toMatch(
      /CPU-bound\s+on CPU 97%[^]*more machines will help[^]*100 of 300 files/,
    )
    const rows = (place: string) => page.locator(`${place} tbody tr`).allInnerTexts()
    const [a = '', b = '', c = ''] = (await rows('#nodes')).map((text) => text.replaceAll(/\s+/g, ' '))
    expect(a).toBe('node-a at work 4 42.5 CPU-bound 60 600 MB 3 now')
    expect(b).toBe('node-b at work 4 42.5 CPU-bound 60 600 MB 4 4 s ago')
    expect(c).toBe('node-c draining 4 – – 0 0 B – now')
    expect((await rows('#shards')).map((text) => text.replaceAll(/\s+/g, ' '))).toEqual([
      'node-a 3 10 of 40 25 % of 400 MB orders/part-3.csv',
      'node-b 4 10 of 40 25 % of 400 MB orders/part-4.csv',
    ])
    expect((await rows('#outcomes')).map((text) => text.replaceAll(/\s+/g, ' '))).toEqual([
      'UNTERMINATED_QUOTE 2',
      'TARGET_LINK 1',
      'FIELD_COUNT 7',
      'BARE_CR 3',
    ])
  })

  it('follows the run by itself, and shows the figures of its report when it has ended', async () => {
    const { page, complaints } = await open(sampleView())
    const picture = () => page.evaluate(`document.querySelector('#course canvas').toDataURL()`)
    const before = await picture()
    const later = sampleView({ state: sampleState({ runs: [sampleRun({ done: { files: 200, bytes: 2.4e9 } })] }) })
    for (let second = 21; second < 40; second++) later.course.add(second * 1000, 20)
    view = later
    await expect.poll(() => page.locator('.percent').innerText(), { timeout: 20_000 }).toBe('66 %')
    await expect.poll(picture).not.toBe(before)
    view = endedView()
    const report = clusterReport()
    await expect
      .poll(() => page.locator('h1').innerText(), { timeout: 20_000 })
      .toMatch(/^Converted 20 files to ndjson/)
    const [rate, ...figures] = await page.locator('.figures dd').allInnerTexts()
    expect(rate).toBe(formatCount(Math.round(report.rates?.megabytesPerSecond ?? 0)))
    expect(figures).toEqual([formatCount(report.records.read), formatCount(report.records.rejected), '1', '9 of 9'])
    expect(await page.locator('#nodes').innerText()).toContain(formatBytes(report.cluster?.nodes[0]?.sourceBytes ?? 0))
    expect(await page.locator('#nodes').innerText()).toContain('gone')
    expect(await page.getByRole('link', { name: 'Open the report' }).getAttribute('href')).toBe('/report')
    expect(complaints).toEqual([])
  })

  it('tells nothing of a run about nodes that wait for the first one', async () => {
    const nodes = [sampleNode('node-a', { verdict: null, atMs: NOW - 724_000 })]
    const { page } = await open({ ...emptyView(), state: sampleState({ runs: [], nodes }) })
    const [row = ''] = await page.locator('#nodes tbody tr').allInnerTexts()
    expect(row.replaceAll(/\s+/g, ' ')).toBe('node-a silent 4 – – – – – 12m04s ago')
    expect(await page.locator('#nodes').innerText()).not.toContain('this run')
  })

  it('a last sign of life stays in one line at 400 px, however long ago', async () => {
    const nodes = [10, 50, 724, 100_000].map((seconds) => sampleNode(`node-${seconds}`, { atMs: NOW - seconds * 1000 }))
    const { page } = await open(sampleView({ state: sampleState({ nodes }) }), { width: 400, scheme: 'light' })
    const heights = await page
      .locator('#nodes tbody td:not(:first-child)')
      .evaluateAll((cells) => cells.map((cell) => (cell as unknown as { offsetHeight: number }).offsetHeight))
    expect(heights.length).toBeGreaterThan(4)
    // The highest are those with the pill of the state.
    expect(Math.max(...heights)).toBeLessThan(30)
  })

  it('says how a run is started where there is none', async () => {
    const { page } = await open(emptyView())
    expect(await page.locator('h1').innerText()).toBe('No run yet')
    expect(await page.locator('pre').allInnerTexts()).toEqual([
      'migrate --in /data/old --out /data/new --cluster redis://queue.example',
      'migrate worker --root /data --cluster redis://queue.example',
    ])
    expect(await page.locator('#course').isVisible()).toBe(false)
  })

  it('says that the server of the queue is away, and how old its figures are', async () => {
    const { page } = await open(sampleView())
    view = sampleView({ away: AWAY })
    await page.getByRole('status').waitFor()
    const told = await page.getByRole('status').innerText()
    expect(told).toContain('does not answer (connect ECONNREFUSED 127.0.0.1:6379)')
    expect(told).toContain('2026-11-27 21:00:20 UTC, 5.00 s ago')
    expect(await page.locator('.percent').innerText()).toBe('33 %')
    view = sampleView()
    await page.getByRole('status').waitFor({ state: 'detached' })
  })

  it('says that the dashboard itself is away, keeps its figures, and goes on when it is back', async () => {
    const { page } = await open(sampleView())
    isBroken = true
    await page.getByRole('status').waitFor()
    expect(await page.getByRole('status').innerText()).toMatch(/^The dashboard does not answer\. .* are \d.* old\.$/)
    expect(await page.locator('.percent').innerText()).toBe('33 %')
    isBroken = false
    await page.getByRole('status').waitFor({ state: 'detached' })
  })

  it('shows hostile names as text and runs none of them', async () => {
    const run = sampleRun({
      sourceRoot: HOSTILE,
      targetRoot: HOSTILE,
      coordinator: { host: HOSTILE, pid: 1, version: HOSTILE },
      rejectCodes: { [HOSTILE]: 1 },
      inWork: [{ ...sampleShard(1, HOSTILE), node: HOSTILE }],
    })
    const nodes = [sampleNode(HOSTILE, { refused: { jobs: 1, code: HOSTILE, message: HOSTILE } })]
    const failures = [{ jobId: HOSTILE, reason: HOSTILE }]
    const { page, complaints } = await open(sampleView({ state: sampleState({ runs: [run], nodes, failures }) }))
    expect(await page.locator('.subtitle code').first().innerText()).toBe(HOSTILE.replace('\u202e', '\\u{202e}'))
    expect(await page.evaluate('[globalThis.wasRun, document.images.length, document.scripts.length]')).toEqual([
      undefined,
      0,
      3,
    ])
    expect(complaints).toEqual([])
  })

  it('can be used by keyboard: links, theme and tables are reached in order, with a visible focus', async () => {
    const { page } = await open(sampleView())
    const reached: string[] = []
    for (let press = 0; press < 7; press++) {
      await page.keyboard.press('Tab')
      reached.push(
        await page.evaluate(
          `(() => { const at = document.activeElement; return getComputedStyle(at).outlineStyle + ' ' + (at.className === 'scroll' ? 'table' : at.textContent.trim()) })()`,
        ),
      )
    }
    expect(reached).toEqual([
      'solid Run',
      'solid Newest report',
      'solid Queue',
      'solid Metrics',
      'solid Theme: system',
      'solid table',
      'solid table',
    ])
  })

  it('holds everything without a script too, and asks to be loaded again', async () => {
    view = sampleView()
    const page = await tab.withoutScripts()
    await page.goto(url)
    expect(await page.locator('.amounts').innerText()).toBe('1.20 GB of 3.60 GB, 120 of 300 files')
    expect(await page.locator('noscript meta[http-equiv=refresh]').count()).toBe(1)
    await page.close()
  })
})

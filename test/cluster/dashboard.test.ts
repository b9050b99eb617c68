import { readdirSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { serveDashboard, type Dashboard } from '../../src/cli/dashboard/serve-dashboard.ts'
import { formatBytes } from '../../src/cli/terminal/format-quantity.ts'
import { parseClusterUrl } from '../../src/cluster/queue/cluster-url.ts'
import type { Report } from '../../src/model/report.ts'
import { readExposition } from '../cli/dashboard/read-exposition.ts'
import { openBrowser, whyNoBrowser } from '../cli/report/browser.ts'
import { expectExit } from '../faults/run-program.ts'
import { suiteFolder } from '../faults/suite-folder.ts'
import { ClusterBed } from './cluster-bed.ts'
import type { QueueDatabase } from './servers/child-server.ts'
import { SERVERS_OF_CHOICE } from './servers/for-each-server.ts'

const noBrowser = await whyNoBrowser()
if (noBrowser !== null) console.warn(`the dashboard was not opened in a browser: ${noBrowser}`)

/** `fetch` would not send every header. */
function request(
  url: string,
  method: string,
  headers: Record<string, string>,
): Promise<{ status: number | undefined }> {
  return new Promise((resolve, reject) => {
    const asked = http.request(url, { method, headers }, (response) => {
      response.resume()
      resolve({ status: response.statusCode })
    })
    asked.on('error', reject)
    asked.end()
  })
}

describe.each(SERVERS_OF_CHOICE)('the dashboard on $name', ({ share, isMissing }) => {
  describe.skipIf(isMissing)('after a run', () => {
    const folder = suiteFolder()
    let server: QueueDatabase
    let bed: ClusterBed
    let report: Report
    const dashboards: Dashboard[] = []
    const serve = async (token?: string, host = '127.0.0.1'): Promise<string> => {
      const address = { server: parseClusterUrl(server.url), queue: 'drover' }
      const dashboard = await serveDashboard({ address, root: bed.folder, host, port: 0, token })
      dashboards.push(dashboard)
      return dashboard.url
    }
    beforeAll(async () => {
      server = await share()
      bed = new ClusterBed(folder, server.url)
      writeFileSync(join(bed.source, '<img src=x onerror=alert(1)>.csv'), 'id\n1\n2,3\n')
      await bed.startNodes(1)
      const out = bed.newOut()
      const ended = await bed.coordinate(out)
      expectExit(ended, 12)
      const [name = ''] = readdirSync(join(out, '.migrate/reports'))
      report = bed.reportOf(out, name.replace(/\.json$/, ''))
    })
    // Each has connections of its own, and Postgres has not so many.
    afterEach(async () => {
      for (const dashboard of dashboards.splice(0)) await dashboard.close()
    })
    afterAll(async () => {
      await bed?.remove()
      await server?.stop()
    })

    it('serves metrics that Prometheus reads, with the figures of the report', async () => {
      const answer = await fetch(`${await serve()}metrics`)
      expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
      const families = readExposition(await answer.text())
      const { records, sourceBytes } = report
      expect(families.get('drover_run_done_bytes')?.samples[0]?.value).toBe(sourceBytes)
      expect(families.get('drover_run_records_total')?.samples).toEqual([
        { labels: { run: report.runId, outcome: 'written' }, value: records.written },
        { labels: { run: report.runId, outcome: 'rejected' }, value: records.rejected },
        { labels: { run: report.runId, outcome: 'filtered' }, value: 0 },
      ])
      expect(families.get('drover_run_rejects_total')?.samples).toEqual([
        { labels: { run: report.runId, code: 'FIELD_COUNT' }, value: 1 },
      ])
      expect(families.get('drover_node_threads')?.samples).toHaveLength(1)
      expect(families.get('bullmq_job_count')?.samples).toContainEqual({
        labels: { queue: 'drover', state: 'completed' },
        value: 1,
      })
    })

    it('refuses to be served beyond this machine without a token', async () => {
      await expect(serve(undefined, '0.0.0.0')).rejects.toMatchObject({ code: 'WRONG_USE' })
    })

    it('demands its token, and takes it from the address, a cookie or a header', async () => {
      const url = (await serve('a long secret', '0.0.0.0')).replace('0.0.0.0', '127.0.0.1')
      for (const path of ['', 'run.json', 'metrics', 'report', 'status.json', 'queue', 'queue/api/queues']) {
        expect((await fetch(url + path)).status).toBe(401)
        expect((await fetch(`${url}${path}?token=wrong`)).status).toBe(401)
      }
      const shown = await fetch(`${url}?token=a+long+secret`, { redirect: 'manual' })
      expect(shown.status).toBe(302)
      expect(shown.headers.get('location')).toBe('/')
      const cookie = shown.headers.get('set-cookie') ?? ''
      expect(cookie).toContain('HttpOnly')
      expect((await fetch(url, { headers: { cookie: cookie.split(';')[0] ?? '' } })).status).toBe(200)
      expect((await fetch(url, { headers: { authorization: 'Bearer a long secret' } })).status).toBe(200)
    })

    it.each<[string, Record<string, string>, boolean]>([
      ['a page of another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }, false],
      ['a page of another port', { 'sec-fetch-site': 'same-site' }, false],
      ['an old browser on a page of another site', { origin: 'https://evil.example' }, false],
      ['a page without an origin', { origin: 'null' }, false],
      ['its own page', { 'sec-fetch-site': 'same-origin', origin: 'OWN' }, true],
      ['its own page in an old browser', { origin: 'OWN' }, true],
      ['a program', {}, true],
    ])('takes what changes anything from %s: %j: %s, with a token as without', async (_, headers, isTaken) => {
      for (const token of [undefined, 'a token of its own']) {
        const url = await serve(token)
        const own = headers['origin'] === 'OWN' ? { ...headers, origin: new URL(url).origin } : headers
        const shown: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
        for (const method of ['PUT', 'POST', 'DELETE']) {
          const { status } = await request(`${url}queue/api/queues/drover/pause`, method, { ...own, ...shown })
          expect(status !== 403).toBe(isTaken)
        }
      }
      await request(`${await serve()}queue/api/queues/drover/resume`, 'PUT', {})
    })

    it('without a token answers only to the names of this machine', async () => {
      const url = await serve()
      expect((await request(url, 'GET', { host: 'evil.example' })).status).toBe(403)
      expect((await request(`${url}queue/api/queues/drover/pause`, 'PUT', { host: 'evil.example' })).status).toBe(403)
    })

    describe.skipIf(noBrowser !== null)('in Chromium', () => {
      let browser: Browser
      beforeAll(async () => {
        browser = await openBrowser()
      })
      afterAll(() => browser?.close())

      const open = async (url: string): Promise<{ page: Page; complaints: string[]; strangers: string[] }> => {
        const page = await browser.newPage()
        const complaints: string[] = []
        const strangers: string[] = []
        page.on('console', (message) => {
          if (message.type() === 'error') complaints.push(message.text())
        })
        page.on('pageerror', (error) => complaints.push(String(error)))
        page.on('request', (request) => {
          if (!request.url().startsWith(new URL(url).origin) && !request.url().startsWith('data:'))
            strangers.push(request.url())
        })
        await page.goto(url)
        return { page, complaints, strangers }
      }

      it('shows the run with the figures of its report', async () => {
        const { page, complaints, strangers } = await open(await serve())
        expect(await page.locator('h1').innerText()).toContain('Converted 1 file')
        expect(await page.locator('.percent').innerText()).toBe('100 %')
        const { records, cluster } = report
        const figures = await page.locator('.figures dd').allInnerTexts()
        expect(figures.slice(1)).toEqual([String(records.read), String(records.rejected), '0', '1 of 1'])
        const [row = ''] = await page.locator('#nodes tbody tr').allInnerTexts()
        expect(row).toContain(cluster?.nodes[0]?.name)
        expect(row).toContain(formatBytes(report.sourceBytes))
        expect(await page.locator('#outcomes').innerText()).toContain('FIELD_COUNT')
        expect(complaints).toEqual([])
        expect(strangers).toEqual([])
      })

      it('shows the newest report of the run', async () => {
        const { page, complaints } = await open(`${await serve()}report`)
        await page.locator('h1').waitFor()
        expect(await page.locator('h1').innerText()).toContain('Converted 1 file')
        expect(await page.locator('body').innerText()).toContain('1 node')
        expect(complaints).toEqual([])
      })

      it('shows the jobs in bull-board', async () => {
        const { page, complaints, strangers } = await open(
          `${await serve('secret of the board')}?token=secret+of+the+board`,
        )
        await page.getByRole('link', { name: 'Queue' }).click()
        await page.getByText('drover').first().waitFor()
        await page.goto(`${new URL(page.url()).origin}/queue/queue/drover?status=completed`)
        await page.getByText(/-0$/).first().waitFor()
        expect(complaints).toEqual([])
        expect(strangers).toEqual([])
      })
    })
  })
})

import { writeFileSync } from 'node:fs'
import http from 'node:http'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serveDashboard, type Dashboard } from '../../src/cli/dashboard/serve-dashboard.ts'
import { parseClusterUrl } from '../../src/cluster/cluster-url.ts'
import { openBrowser, whyNoBrowser } from '../cli/report/browser.ts'
import { expectExit } from '../faults/run-program.ts'
import { suiteFolder } from '../faults/suite-folder.ts'
import { ClusterBed } from './cluster-bed.ts'
import type { QueueServer } from './servers/child-server.ts'
import { SERVERS } from './servers/for-each-server.ts'

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

describe.each(SERVERS)('the dashboard on $name', ({ start, isMissing }) => {
  describe.skipIf(isMissing)('after a run', () => {
    const folder = suiteFolder()
    let server: QueueServer
    let bed: ClusterBed
    const dashboards: Dashboard[] = []
    const serve = async (token?: string, host = '127.0.0.1'): Promise<string> => {
      const address = { server: parseClusterUrl(server.url), queue: 'drover' }
      const dashboard = await serveDashboard({ address, root: bed.folder, host, port: 0, token })
      dashboards.push(dashboard)
      return dashboard.url
    }
    beforeAll(async () => {
      server = await start(join(folder, 'server'))
      bed = new ClusterBed(folder, server.url)
      writeFileSync(join(bed.source, '<img src=x onerror=alert(1)>.csv'), 'id\n1\n')
      await bed.startNodes(1)
      expectExit(await bed.coordinate(bed.newOut()), 0)
    })
    afterAll(async () => {
      for (const dashboard of dashboards) await dashboard.close()
      await bed?.remove()
      await server?.stop()
    })

    it('serves metrics that Prometheus reads', async () => {
      const text = await (await fetch(`${await serve()}metrics`)).text()
      expect(text).toMatch(/^bullmq_job_count\{queue="drover", state="completed"\} 1$/m)
      for (const line of text.trim().split('\n')) expect(line).toMatch(/^(?:# (?:HELP|TYPE) |[a-z_]+\{[^{}]*\} \d+$)/)
    })

    it('refuses to be served beyond this machine without a token', async () => {
      await expect(serve(undefined, '0.0.0.0')).rejects.toMatchObject({ code: 'WRONG_USE' })
    })

    it('demands its token, and takes it from the address, a cookie or a header', async () => {
      const url = (await serve('a long secret', '0.0.0.0')).replace('0.0.0.0', '127.0.0.1')
      for (const path of ['', 'metrics', 'report', 'status.json', 'queue', 'queue/api/queues']) {
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

      it('shows the cluster without an error', async () => {
        const { page, complaints, strangers } = await open(await serve())
        await page.locator('#nodes').waitFor()
        expect(await page.locator('#shards').innerText()).toContain('completed')
        expect(await page.locator('#nodes tbody tr').count()).toBe(1)
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
        await page.getByRole('link', { name: 'Jobs' }).click()
        await page.getByText('drover').first().waitFor()
        await page.goto(`${new URL(page.url()).origin}/queue/queue/drover?status=completed`)
        await page.getByText(/-0$/).first().waitFor()
        expect(complaints).toEqual([])
        expect(strangers).toEqual([])
      })
    })
  })
})

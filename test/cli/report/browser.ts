import { existsSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'

/** A real Chromium for tests of pages. Nothing is installed: where something is missing it is said. */

const CHROMIUM = process.env['DROVER_CHROMIUM'] ?? '/usr/bin/chromium'

/** Why no page can be opened here, with what to do about it; null: one can. */
export async function whyNoBrowser(): Promise<string | null> {
  if (!existsSync(CHROMIUM)) {
    return `there is no ${CHROMIUM}: install the chromium of the system, or name one in DROVER_CHROMIUM`
  }
  try {
    await import('playwright-core')
    return null
  } catch {
    return 'the package playwright-core is not installed: npm ci installs it'
  }
}

export async function openBrowser(): Promise<Browser> {
  const { chromium } = await import('playwright-core')
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

/** What went wrong on a page, and what it asked the network for. */
export interface Watched {
  readonly page: Page
  readonly complaints: string[]
  readonly requests: string[]
}

interface Look {
  readonly width: number
  readonly scheme: 'light' | 'dark'
}

/** Opens a file, and waits until its tables are there. */
export async function openPage(browser: Browser, path: string, look: Look): Promise<Watched> {
  const watched = await openUrl(browser, `file://${path}`, look)
  await watched.page.locator('#files tbody tr, main').first().waitFor()
  return watched
}

export async function openUrl(browser: Browser, url: string, look: Look): Promise<Watched> {
  const page = await browser.newPage({ viewport: { width: look.width, height: 900 }, colorScheme: look.scheme })
  const complaints: string[] = []
  const requests: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('request', (request) => requests.push(request.url()))
  await page.goto(url)
  return { page, complaints, requests }
}

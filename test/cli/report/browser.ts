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

/** One tab for all pages of a test file, one after another: a tab of its own for each costs five times as much as the page in it. */
export class Tab {
  readonly #browser: Browser
  readonly #page: Page
  #complaints: string[] = []
  #requests: string[] = []

  private constructor(browser: Browser, page: Page) {
    this.#browser = browser
    this.#page = page
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.#complaints.push(message.text())
    })
    page.on('pageerror', (error) => this.#complaints.push(String(error)))
    page.on('request', (request) => this.#requests.push(request.url()))
  }

  static async open(): Promise<Tab> {
    const browser = await openBrowser()
    return new Tab(browser, await browser.newPage())
  }

  /** Opens a file, and waits until its tables are there. */
  async show(path: string, look: Look): Promise<Watched> {
    const watched = await this.visit(`file://${path}`, look)
    await watched.page.locator('#files tbody tr, main').first().waitFor()
    return watched
  }

  /** Loads a page as nobody has seen it before; what an earlier one still complains of does not count. */
  async visit(url: string, { width, scheme }: Look): Promise<Watched> {
    const page = this.#page
    await page.goto('about:blank')
    await page.mouse.move(0, 0)
    await page.setViewportSize({ width, height: 900 })
    // Without motion: what is half way from one colour to another has neither.
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' })
    const [complaints, requests] = [(this.#complaints = []), (this.#requests = [])] as [string[], string[]]
    await page.goto(url)
    return { page, complaints, requests }
  }

  /** A page of a browser whose scripts are turned off. */
  withoutScripts(): Promise<Page> {
    return this.#browser.newPage({ javaScriptEnabled: false })
  }

  close(): Promise<void> {
    return this.#browser.close()
  }
}

import { createHash } from 'node:crypto'
import { embedJson, html, Html } from './html.ts'
import { loadChartLibrary, loadPageScript } from './load-page-script.ts'
import type { LineChart, PageData } from './page-data.ts'
import { PAGE_STYLE } from './page-style.ts'

/** The frame of a page: one file with style, script and data in it, that loads nothing and can be opened from a disk. */

export interface Page {
  readonly title: string
  /** Links to other pages; default: none. */
  readonly navigation?: Html
  /** The headline and what stands below it. */
  readonly heading: Html
  readonly sections: readonly Html[]
  readonly data: PageData
  /** Its script, as `loadPageScript` takes it; default: that of reports. */
  readonly script?: string
  /** What it has beside the style of all pages. */
  readonly style?: string
  /** Its script asks the server that it came from for news. */
  readonly isLive?: boolean
}

/** Where no script runs, a live page is asked for again as a whole. */
const REFRESH_SECONDS = 5

export function renderPage(page: Page): string {
  // A page without line charts does not carry what would draw them.
  const library = page.data.charts.length === 0 ? null : loadChartLibrary()
  const styles = [...(library ? [library.style] : []), PAGE_STYLE, ...(page.style === undefined ? [] : [page.style])]
  const pageScript = loadPageScript(page.script)
  const scripts = [...(library ? [library.script] : []), pageScript]
  // Only these very scripts and styles may run, and nothing may be fetched: a name that slipped through as mark-up stays inert.
  const policy = [
    "default-src 'none'",
    `script-src ${scripts.map(hashSource).join(' ')}`,
    `style-src ${styles.map(hashSource).join(' ')}`,
    ...(page.isLive === true ? ["connect-src 'self'"] : []),
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${page.title}</title>
        ${styles.map((style) => exactly('style', style))}${
          page.isLive === true
            ? html`<noscript><meta http-equiv="refresh" content="${REFRESH_SECONDS}" /></noscript>`
            : null
        }
      </head>
      <body>
        <header class="top">
          <span class="brand">Drover</span>${page.navigation ?? null}<button
            type="button"
            id="theme"
            class="quiet"
            hidden
          >
            Theme: system
          </button>
        </header>
        <main>${page.heading}${page.sections}</main>
        ${exactly('script', embedJson(page.data).text, ' type="application/json" id="data"')}
        ${library === null ? null : exactly('script', library.script)}
        ${exactly('script', pageScript, ' type="module"')}
      </body>
    </html> `.text
}

/** The usual heading of a page. */
export function heading(headline: string, subtitle: Html): Html {
  return html`<h1>${headline}</h1>
    <p class="subtitle">${subtitle}</p>`
}

/** An element whose content must stay as it is to the byte, since the policy names its hash. */
function exactly(name: 'style' | 'script', content: string, attributes = ''): Html {
  return new Html(`<${name}${attributes}>${content}</${name}>\n`)
}

function hashSource(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`
}

/** A titled part of a page. @param note what the reader should know to read it, one sentence or two. */
export function section(title: string, note: string, body: Html): Html {
  return html`<section>
    <h2>${title}</h2>
    ${note === '' ? null : html`<p class="note">${note}</p>`}${body}
  </section> `
}

/** The place of a line chart, which the script of the page fills. */
export function chartFigure(chart: LineChart, caption: string): Html {
  return html`<figure class="chart" id="${chart.id}">
    <figcaption>${caption}</figcaption>
    <div class="plot" role="img" aria-label="${caption}"></div>
  </figure>`
}

interface TableLook {
  /** The script of the page lets the reader sort it. */
  readonly isSortable?: boolean
  /** The row to stand out; null: none. */
  readonly bestRow?: number | null
  /** It is too wide for a narrow screen: there each row is a block, with its cells below each other. */
  readonly isWide?: boolean
}

/** A table. @param headers one that ends in `:` stands over numbers. */
export function table(
  headers: readonly string[],
  rows: readonly (readonly (string | Html)[])[],
  { isSortable = false, bestRow = null, isWide = false }: TableLook = {},
): Html {
  const cells = headers.map((header) => ({
    title: header.replace(/:$/, ''),
    kind: header.endsWith(':') ? 'number' : 'text',
  }))
  return html`<div class="scroll" tabindex="0">
    <table class="${isSortable ? 'sortable' : 'plain'}${isWide ? ' wide' : ''}">
      <thead>
        <tr>
          ${cells.map(({ title, kind }) => html`<th scope="col" class="${kind}">${title}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row, index) =>
            html`<tr class="${index === bestRow ? 'best' : ''}">
              ${row.map((cell, at) => html`<td class="${cells[at]?.kind ?? 'text'}" data-label="${cells[at]?.title ?? ''}">${cell}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`
}

/** A horizontal bar: its parts are shares of its whole width, coloured by the class that each one names. */
export function bar(parts: readonly (readonly [className: string, share: number])[]): Html {
  let x = 0
  const rects = parts.map(([className, share]) => {
    const rect = html`<rect
      class="${className}"
      x="${(x * 100).toFixed(2)}"
      y="0"
      width="${(share * 100).toFixed(2)}"
      height="10"
    />`
    x += share
    return rect
  })
  return html`<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">${rects}</svg>`
}

/** Names for the colours of a chart. */
export function legend(entries: readonly (readonly [className: string, label: string])[]): Html {
  return html`<ul class="legend">
    ${entries.map(
      ([className, label]) =>
        html`<li>
          <svg class="swatch" viewBox="0 0 10 10" aria-hidden="true">
            <rect class="${className}" width="10" height="10" rx="2" /></svg
          >${label}
        </li>`,
    )}
  </ul>`
}

import type { ClusterState } from '../../control/cluster-state.ts'
import { printableName } from '../../errors/printable-name.ts'
import { formatBytes, formatCount, threeDigits } from '../format-quantity.ts'
import { html, type Html } from '../report/html/html.ts'

/** The page of what the cluster is at now: no script, it asks again by itself. */

const REFRESH_SECONDS = 2

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --muted: #7a828b; }
body { margin: 0 auto; max-width: 1000px; padding: 20px 24px 60px; font: 15px/1.5 system-ui, sans-serif; font-variant-numeric: tabular-nums; }
h1 { font-size: 26px; margin: 8px 0; } h2 { font-size: 17px; margin: 28px 0 6px; }
nav a { margin-right: 16px; } .muted { color: var(--muted); }
dl { display: grid; grid-template-columns: repeat(5, auto); gap: 4px 28px; justify-content: start; margin: 14px 0; }
dl div { display: flex; flex-direction: column-reverse; } dt { color: var(--muted); font-size: 13px; } dd { margin: 0; font-size: 24px; }
table { border-collapse: collapse; width: 100%; } th { text-align: left; font-weight: 600; color: var(--muted); font-size: 13px; }
td, th { padding: 5px 12px 5px 0; border-bottom: 1px solid var(--line); vertical-align: top; } td.number, th.number { text-align: right; }
code { font: 13px ui-monospace, monospace; overflow-wrap: anywhere; }
`

export const RUN_PAGE_STYLE = STYLE

export function renderRunPage(status: ClusterState, hasReport: boolean): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="refresh" content="${REFRESH_SECONDS}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Drover: ${status.queue}</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="/style.css" />
      </head>
      <body>
        <nav>
          <a href="/queue">Jobs</a>${hasReport ? html`<a href="/report">Newest report</a>` : null}<a href="/metrics"
            >Metrics</a
          >
        </nav>
        <h1>Cluster</h1>
        <p class="muted"><code>${status.server}</code>, queue <code>${status.queue}</code></p>
        <dl id="shards">
          ${Object.entries(status.jobs).map(
            ([state, count]) =>
              html`<div>
                <dt>${state}</dt>
                <dd>${formatCount(count)}</dd>
              </div>`,
          )}
        </dl>
        <h2>Nodes</h2>
        ${nodes(status)} ${failures(status)}
        ${
          hasReport || status.runs.some(({ state }) => state !== 'ended')
            ? null
            : html`<p class="muted">No run has left a report below the --root of this dashboard yet.</p>`
        }
      </body>
    </html> `.text
}

function nodes({ nodes: present }: ClusterState): Html {
  const idle = present.filter(({ shards }) => shards.length === 0).map(({ node }) => node.name)
  const inWork = present.flatMap(({ shards, ...status }) => shards.map((shard) => ({ ...status, ...shard })))
  return html`<table id="nodes">
    <thead>
      <tr>
        <th>node</th>
        <th class="number">threads</th>
        <th class="number">MB/s</th>
        <th>bound by</th>
        <th class="number">shard</th>
        <th class="number">files done</th>
        <th class="number">read</th>
        <th>files in work</th>
      </tr>
    </thead>
    <tbody>
      ${inWork.map(
        ({ node, shard, doneFiles, readBytes, megabytesPerSecond, verdict, current }) =>
          html`<tr>
            <td><code>${printableName(node.name)}</code></td>
            <td class="number">${node.threads}</td>
            <td class="number">${threeDigits(megabytesPerSecond)}</td>
            <td>${verdict ?? ''}</td>
            <td class="number">${shard}</td>
            <td class="number">${formatCount(doneFiles)}</td>
            <td class="number">${formatBytes(readBytes)}</td>
            <td>${current.map(({ file }) => html`<code>${printableName(file)}</code><br />`)}</td>
          </tr>`,
      )}
      ${idle.map(
        (name) =>
          html`<tr>
            <td><code>${printableName(name)}</code></td>
            <td colspan="7" class="muted">no shard</td>
          </tr>`,
      )}
    </tbody>
  </table>`
}

function failures({ failures: failed }: ClusterState): Html | null {
  if (failed.length === 0) return null
  return html`<h2>Failed jobs</h2>
    <table id="failures">
      <tbody>
        ${failed.map(
          ({ jobId, reason }) =>
            html`<tr>
              <td><code>${printableName(jobId)}</code></td>
              <td>${printableName(reason)}</td>
            </tr>`,
        )}
      </tbody>
    </table>`
}

import type { BenchReport } from '../../model/bench-report.ts'
import { benchTables, describeSubject, nameKind, type BenchTable } from './bench-tables.ts'
import { drawScaling } from './scaling-chart.ts'

/**
 * A benchmark as one page that needs nothing else: no script, no request, light and dark. What it shows is drawn here, so that it
 * looks the same for ever.
 */
export function renderHtml(report: BenchReport): string {
  const [subject = '', ...rest] = describeSubject(report)
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Drover benchmark</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<header>
<h1>Drover benchmark</h1>
<p>${rest.map(escape).join('<br>')}</p>
<p class="quiet">${escape(subject)}</p>
</header>
<section class="charts">
${report.kinds.map((kind) => figure(kind, report.work.sourceBytes)).join('\n')}
</section>
${benchTables(report).map(section).join('\n')}
</main>
</body>
</html>
`
}

function figure(kind: BenchReport['kinds'][number], sourceBytes: number): string {
  const chart = drawScaling(kind, sourceBytes)
  if (chart === '') return ''
  const legend = kind.model === null ? 'dots: runs; line: medians' : 'dots: runs; line: medians; dashed: model'
  return `<figure><figcaption><b>${nameKind(kind.kind)}</b> ${legend}</figcaption>\n${chart}\n</figure>`
}

function section({ title, intro, head, textColumns, rows, bestRow, notes }: BenchTable): string {
  const cell = (tag: 'th' | 'td', text: string, column: number): string => {
    const kind = textColumns.includes(column) ? '' : ' class="number"'
    return `<${tag}${tag === 'th' ? ' scope="col"' : ''}${kind}>${escape(text.trim())}</${tag}>`
  }
  const body = rows.map(
    (row, index) =>
      `<tr${index === bestRow ? ' class="best"' : ''}>${row.map((text, c) => cell('td', text, c)).join('')}</tr>`,
  )
  return `<section>
<h2>${escape(title)}</h2>
${intro.length > 0 ? `<p class="quiet">${escape(intro.join(' '))}</p>` : ''}
<div class="scroll" tabindex="0" role="region" aria-label="${escape(title)}"><table>
<thead><tr>${head.map((text, column) => cell('th', text, column)).join('')}</tr></thead>
<tbody>
${body.join('\n')}
</tbody></table></div>
${notes.length > 0 ? `<ul>${notes.map((note) => `<li>${escape(note)}</li>`).join('')}</ul>` : ''}
</section>`
}

/** Names of files and machines come from outside. */
function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

const STYLE = `
:root{--ink:#1d2430;--quiet:#55606f;--paper:#fbfbf9;--card:#fff;--line:#dfe2e6;--cpu:#0b6bcb;--io:#a8480a;--best:#eaf4ea}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ee;--quiet:#a3adba;--paper:#14171c;--card:#1c2027;--line:#323944;--cpu:#6cb4ff;
--io:#ffab70;--best:#1d3323}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:1200px;margin:0 auto;padding:24px 16px 64px}
h1{font-size:1.6rem;margin:0 0 8px}h2{font-size:1.15rem;margin:0 0 4px}
p{margin:0 0 8px}.quiet,figcaption,li{color:var(--quiet);font-size:.9rem}
section{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:16px;margin:16px 0}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(340px,100%),1fr));gap:16px;background:none;border:0;padding:0}
figure{margin:0;background:var(--card);border:1px solid var(--line);border-radius:8px;padding:16px}
figcaption b{color:var(--ink)}
.chart{display:block;width:100%;height:auto}.grid{stroke:var(--line)}.tick{fill:var(--quiet);font-size:13px}
.cpu-bound{--mark:var(--cpu)}.io-bound{--mark:var(--io)}
.measured,.model{fill:none;stroke:var(--mark);stroke-width:2}.model{stroke-dasharray:6 5;opacity:.7}.run{fill:var(--mark);fill-opacity:.65}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:.92rem}
th,td{padding:6px 10px;text-align:left;white-space:nowrap;border-bottom:1px solid var(--line)}
th{color:var(--quiet);font-weight:600}.number{text-align:right}.best td{background:var(--best);font-weight:600}
td:first-child{white-space:normal;min-width:5.5rem}
ul{margin:8px 0 0;padding-left:20px}
`

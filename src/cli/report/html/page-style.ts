/**
 * The style of a page. Colours are variables, so that charts on canvases can use the same ones; text has a contrast of at least 4.5
 * to what lies behind it in both themes.
 */

const LIGHT = `
  color-scheme: light;
  --page: #f6f6f3; --card: #ffffff; --line: #dedfd9; --text: #1d2126; --muted: #5b626b; --accent: #1f5fae; --hover: #eef2f7; --cpu-text: #1f5fae; --io-text: #a3520f;
  --read: #3f7fce; --parse: #7c5cc4; --map: #b5568f; --encode: #d8812a; --write: #2f9a6c; --sync: #8a949f; --other: #c6cbd0;
  --cpu: #3f7fce; --queue: #d8812a; --wait: #c3cad2; --reject: #c9553f;`

const DARK = `
  color-scheme: dark;
  --page: #14171b; --card: #1c2025; --line: #333941; --text: #e7e9eb; --muted: #a3abb4; --accent: #82b4f2; --hover: #262c33; --cpu-text: #82b4f2; --io-text: #e6a057;
  --read: #6ba4ea; --parse: #a68ae6; --map: #d882b6; --encode: #e6a057; --write: #57bd90; --sync: #98a2ad; --other: #4a525b;
  --cpu: #6ba4ea; --queue: #e6a057; --wait: #4a525b; --reject: #e27a65;`

const STAGE_CLASSES = ['read', 'parse', 'map', 'encode', 'write', 'sync', 'other']
const OTHER_CLASSES = ['cpu', 'queue', 'wait', 'reject']

const FILLS = [
  ...STAGE_CLASSES.map((name) => `.s-${name} { fill: var(--${name}); }`),
  ...OTHER_CLASSES.map((name) => `.c-${name} { fill: var(--${name}); }`),
].join('\n')

export const PAGE_STYLE = `
:root {${LIGHT}
}
@media (prefers-color-scheme: dark) { :root:not([data-theme="light"]) {${DARK}
} }
:root[data-theme="dark"] {${DARK}
}
*, *::before, *::after { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; font-variant-numeric: tabular-nums; -webkit-text-size-adjust: 100%; }
.top, main { max-width: 1120px; margin: 0 auto; padding: 0 24px; }
.top { display: flex; align-items: center; justify-content: space-between; padding-top: 20px; }
.brand { font-weight: 650; letter-spacing: .02em; color: var(--muted); }
main { padding-bottom: 64px; }
h1 { margin: 20px 0 4px; font-size: 28px; line-height: 1.25; font-weight: 650; letter-spacing: -.01em; text-wrap: balance; }
h2 { margin: 0 0 4px; font-size: 17px; font-weight: 650; }
code { font: 13px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
.subtitle, .note { color: var(--muted); }
.subtitle { margin: 0 0 20px; overflow-wrap: anywhere; }
.note { margin: 0 0 12px; max-width: 76ch; overflow-wrap: anywhere; }
section { margin: 0 0 16px; padding: 20px 24px; background: var(--card); border: 1px solid var(--line); border-radius: 12px; min-width: 0; }

.hero { display: grid; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); gap: 32px; margin-bottom: 16px; }
.verdict p { margin: 0; }
.verdict .kind { font-size: 22px; font-weight: 650; letter-spacing: -.01em; }
.verdict .evidence { overflow-wrap: anywhere; }
.verdict .advice { color: var(--muted); margin: 4px 0 16px; overflow-wrap: anywhere; }
.verdict .bar { height: 12px; }
.figures { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 12px 20px; margin: 0; align-content: start; }
.figure { display: flex; flex-direction: column-reverse; justify-content: flex-end; }
.figure dd { margin: 0; font-size: 20px; font-weight: 600; line-height: 1.2; }
.figure dt { color: var(--muted); font-size: 13px; }
.figure.first { grid-column: 1 / -1; }
.figure.first dd { font-size: 40px; letter-spacing: -.02em; line-height: 1.05; color: var(--accent); }
.facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 4px 20px; margin: 0; padding-top: 16px; border-top: 1px solid var(--line); }
h2 + .facts { border: 0; padding-top: 8px; }
.facts dt { color: var(--muted); }
.facts dd { margin: 0; overflow-wrap: anywhere; }

.bar { display: block; width: 100%; height: 10px; border-radius: 5px; }
td .bar { min-width: 72px; }
.swatch { width: 10px; height: 10px; flex: none; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 16px; margin: 8px 0 0; padding: 0; list-style: none; color: var(--muted); font-size: 13px; }
.legend li { display: inline-flex; align-items: center; gap: 6px; }
${FILLS}

button, input, select { font: inherit; font-size: 14px; color: var(--text); background: var(--card); border: 1px solid var(--line); border-radius: 7px; padding: 5px 12px; min-height: 34px; }
button { cursor: pointer; }
button:hover { background: var(--hover); }
button.quiet { color: var(--muted); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }

.chart { margin: 12px 0 0; }
.chart figcaption { font-size: 13px; color: var(--muted); }
.plot { position: relative; min-width: 0; }
.uplot { font: inherit; }
.uplot .u-legend { display: block; padding-left: 36px; font-size: 13px; color: var(--muted); text-align: left; margin: 0; }
.uplot .u-legend th { font-weight: 400; cursor: default; }
.uplot .u-legend .u-value { color: var(--text); min-width: 5ch; }
.uplot .u-select { background: var(--accent); opacity: .15; }
.gantt .tools { display: flex; flex-wrap: wrap; gap: 8px; margin-bottom: 8px; }
.gantt .plot { max-height: 520px; overflow-y: auto; }
.gantt canvas { display: block; width: 100%; cursor: crosshair; touch-action: pan-y; }
.tip { position: fixed; z-index: 2; top: 0; left: 0; max-width: min(340px, 90vw); padding: 8px 12px; background: var(--text); color: var(--page); border-radius: 8px; font-size: 13px; pointer-events: none; overflow-wrap: anywhere; white-space: pre-line; }
.tip[hidden] { display: none; }
.chart + .chart { margin-top: 20px; }
.legend + .scroll { margin-top: 20px; }

.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { padding: 6px 12px 6px 0; text-align: left; vertical-align: middle; }
section table th { font-weight: 500; color: var(--muted); font-size: 13px; border-bottom: 1px solid var(--line); white-space: nowrap; }
section table td { border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
tbody tr:last-child td { border-bottom: 0; }
.uplot table, .uplot th, .uplot td { border: 0 !important; width: auto; padding-top: 2px; padding-bottom: 2px; }
th.number, td.number { text-align: right; white-space: nowrap; }
th:last-child, td:last-child { padding-right: 0; }
@media (min-width: 721px) { th.number + th.text, td.number + td.text { padding-left: 16px; } }
.finder { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; margin-bottom: 8px; }
.finder input { flex: 1 1 200px; min-width: 0; }
.finder output { color: var(--muted); font-size: 13px; }
.files td:first-child { min-width: 180px; }
.files td.text + td, .files td:last-child { white-space: nowrap; }
th button { border: 0; background: none; padding: 2px 0; min-height: 28px; color: inherit; font: inherit; white-space: nowrap; }
th button::after { content: ""; display: inline-block; width: 1em; text-align: center; }
th[aria-sort="ascending"] button, th[aria-sort="descending"] button { color: var(--text); font-weight: 600; }
th[aria-sort="ascending"] button::after { content: "\\2191"; }
th[aria-sort="descending"] button::after { content: "\\2193"; }
.files tbody tr:hover td { background: var(--hover); }
.best td { background: var(--hover); font-weight: 600; }
td:first-child { min-width: 4.5em; }
.sortable td { white-space: nowrap; }
.sortable th.number button { display: inline-flex; flex-direction: row-reverse; align-items: center; }
.sortable .number + .text { padding-left: 16px; }
.sortable td:first-child { white-space: normal; overflow-wrap: normal; min-width: 84px; padding-left: 8px; }
.sortable th:first-child { padding-left: 8px; }
.sortable td:last-child, .sortable th:last-child { padding-right: 8px; }
.notes { margin: 12px 0 0; padding-left: 20px; color: var(--muted); font-size: 14px; overflow-wrap: anywhere; }

.kinds { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(300px, 100%), 1fr)); gap: 16px 32px; margin: 0 0 16px; }
.kinds .figure.first { grid-column: auto; }
.kinds .figure.cpu-bound dd { color: var(--cpu-text); }
.kinds .figure.io-bound dd { color: var(--io-text); }
.curves { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(340px, 100%), 1fr)); gap: 16px 32px; }
.curve { margin: 8px 0 0; min-width: 0; }
.curve figcaption { color: var(--muted); font-size: 13px; }
.curve b { color: var(--text); }
.scaling { display: block; width: 100%; height: auto; margin-top: 8px; }
.scaling.cpu-bound { --mark: var(--cpu); }
.scaling.io-bound { --mark: var(--queue); }
.scaling .grid { stroke: var(--line); }
.scaling .tick { fill: var(--muted); font-size: 13px; }
.scaling .measured, .scaling .model { fill: none; stroke: var(--mark); stroke-width: 2; }
.scaling .model { stroke-dasharray: 6 5; opacity: .8; }
.scaling .run { fill: var(--mark); fill-opacity: .7; }
.rungs { list-style: none; margin: 8px 0; padding: 0; font-size: 14px; }
.rungs li { display: grid; grid-template-columns: minmax(0, 20em) minmax(0, 1fr) 6em; gap: 4px 12px; align-items: center; padding: 3px 0; }
.rungs .rate { text-align: right; white-space: nowrap; }

.more { margin-top: 12px; }
details { margin-top: 12px; }
summary { cursor: pointer; color: var(--muted); }
.warnings { margin: 4px 0 0; padding-left: 20px; overflow-wrap: anywhere; }

@media (max-width: 720px) {
  .top, main { padding-left: 14px; padding-right: 14px; }
  section { padding: 16px; }
  h1 { font-size: 22px; }
  .hero { grid-template-columns: minmax(0, 1fr); gap: 20px; }
  .facts { grid-template-columns: minmax(0, 1fr); gap: 0; }
  .facts dd { margin-bottom: 8px; }
  .rungs li { grid-template-columns: minmax(0, 1fr) 6em; }
  .rungs li .bar { grid-column: 1 / -1; grid-row: 2; }
  table.wide, table.wide tbody { display: block; }
  table.wide thead { display: block; border-bottom: 1px solid var(--line); }
  table.wide.plain thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table.wide thead::before { content: "Sort by"; color: var(--muted); font-size: 13px; }
  table.wide thead tr { display: flex; flex-wrap: wrap; gap: 0 12px; }
  table.wide thead th { border: 0; padding: 0; }
  table.wide tbody tr { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 2px 20px; padding: 10px 0; border-bottom: 1px solid var(--line); }
  table.wide tbody tr:last-child { border-bottom: 0; }
  table.wide tbody td { display: flex; justify-content: space-between; align-items: baseline; gap: 12px; min-width: 0; padding: 0; border: 0; white-space: normal; text-align: right; }
  table.wide tbody td::before { content: attr(data-label); flex: none; color: var(--muted); font-size: 13px; font-weight: 400; }
  table.wide tbody td.text { grid-column: 1 / -1; }
  table.wide tbody td:first-child { grid-column: 1 / -1; font-weight: 600; }
  table.wide tbody td.text:first-child { text-align: left; }
  table.wide tbody td.text:first-child::before { content: none; }
  table.wide tbody td .bar { align-self: center; }
  .best { background: var(--hover); }
}
@media (prefers-reduced-motion: no-preference) { button, .files tbody td { transition: background-color .12s; } }
@media print { .top button, .tools, .finder, .more { display: none; } section { break-inside: avoid; } }
`

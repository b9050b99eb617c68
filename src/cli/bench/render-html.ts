import type { BenchKindResult, BenchReport, Ladder } from '../../model/bench-report.ts'
import { printableName } from '../../errors/printable-name.ts'
import { threeDigits } from '../terminal/format-quantity.ts'
import { html, type Html } from '../report/html/html.ts'
import { bar, heading, renderPage, section, table } from '../report/html/render-page.ts'
import { shareOf } from '../report/report-figures.ts'
import { benchTables, describeGain, describeSubject, nameKind, threadsOf, type BenchTable } from './bench-tables.ts'
import { drawScaling } from './scaling-chart.ts'

/** A benchmark as one page that needs no other file and no network. Its curves are drawn here, so that they need no script. */
export function renderHtml(report: BenchReport): string {
  const { kinds, ladders, work } = report
  const [machine = '', ...rest] = describeSubject(report)
  return renderPage({
    title: 'Drover benchmark',
    heading: heading('Benchmark', html`<code>${printableName(work.sourceRoot)}</code> to ${work.targetFormat}`),
    sections: [
      html`<section class="overview" aria-label="Overview">
        <dl class="kinds">${kinds.map(best)}</dl>
        ${rest.map((text) => html`<p class="note">${text}</p>`)}
        <p class="note">${machine}</p>
      </section>`,
      ...curves(kinds, work.sourceBytes),
      ...benchTables(report).map((one) => tableSection(one, ladders)),
    ],
    data: { charts: [], endMs: 0, files: null, verdictTitles: {} },
  })
}

/** The best number of threads of a kind, and how fast it is. */
function best(result: BenchKindResult): Html {
  const point = result.points.find(({ label }) => label === result.best)
  return html`<div class="figure first ${result.kind}">
    <dt>${nameKind(result.kind)}: best with ${threadsOf(result.best)}${describeGain(result)}</dt>
    <dd>${threeDigits(point?.secondsPerGb ?? 0)} s/GB</dd>
  </div>`
}

function curves(kinds: readonly BenchKindResult[], sourceBytes: number): Html[] {
  const figures = kinds.flatMap((kind) => {
    const drawing = drawScaling(kind, sourceBytes)
    if (drawing === null) return []
    const marks = kind.model === null ? '' : '; dashed: the model'
    return html`<figure class="curve">
      <figcaption>
        <b>${nameKind(kind.kind)}</b>, MB/s by number of threads. Dots: runs; line: medians${marks}
      </figcaption>
      ${drawing}
    </figure>`
  })
  return figures.length === 0 ? [] : [section('Scaling', '', html`<div class="curves">${figures}</div>`)]
}

function tableSection(one: BenchTable, ladders: readonly Ladder[]): Html {
  const heads = one.head.map((head, column) => (one.textColumns.includes(column) ? head : `${head}:`))
  const rows = one.rows.map((row) => row.map((cell) => cell.trim()))
  const ladder = ladders.find(({ kind }) => kind === one.ladder)
  const notes = one.notes.map((note) => html`<li>${note}</li>`)
  return section(
    one.title,
    one.intro.join(' '),
    html`${ladder === undefined ? null : rungs(ladder)}${table(heads, rows, { isSortable: true, bestRow: one.bestRow, isWide: heads.length > 4 })}
    ${
      notes.length === 0
        ? null
        : html`<ul class="notes">
            ${notes}
          </ul>`
    }`,
  )
}

/** The steps of a ladder as bars, as long as they are fast: the fastest one fills its width. */
function rungs({ kind, steps }: Ladder): Html {
  const fastest = Math.max(...steps.map(({ cost }) => cost.megabytesPerSecond))
  const lines = steps.map(
    ({ name, cost }) =>
      html`<li>
        <span>${name}</span
        >${bar([[kind === 'cpu-bound' ? 'c-cpu' : 'c-queue', shareOf(cost.megabytesPerSecond, fastest)]])}<span
          class="rate"
          >${threeDigits(cost.megabytesPerSecond)} MB/s</span
        >
      </li>`,
  )
  return html`<ul class="rungs" aria-label="Speed of each step">
    ${lines}
  </ul>`
}

import type { RunState } from '../../control/coordinator/cluster-state.ts'
import { printableName } from '../../errors/printable-name.ts'
import { formatDuration, formatMoment } from '../terminal/format-quantity.ts'
import { html, Html } from '../report/html/html.ts'
import type { LineChart } from '../report/html/page-data.ts'
import { chartFigure, renderPage } from '../report/html/render-page.ts'
import { outcomeOf } from '../report/report-figures.ts'
import type { LiveParts } from './live-parts.ts'
import { RUN_STYLE } from './run-style.ts'
import {
  jobsPart,
  nodesPart,
  nothingPart,
  outcomesPart,
  overviewPart,
  percentOf,
  shardsPart,
  verdictPart,
} from './run-sections.ts'
import type { RunView } from './run-watch.ts'

/**
 * The page of the run on a cluster, in the frame of a report's page. It is made of parts: the page itself holds all of them as they are when
 * it is opened, so that it needs no script to be read, and `describeParts` gives those of now, which its script puts in their places.
 */

const PART_IDS = ['away', 'name', 'overview', 'verdict', 'nodes', 'shards', 'outcomes', 'jobs'] as const
type PartId = (typeof PART_IDS)[number]

const CHART_CAPTION = 'Sources read, MB/s'

export function describeParts(view: RunView, nowMs = Date.now()): LiveParts {
  return {
    title: titleOf(view),
    parts: Object.fromEntries(
      Object.entries(makeParts(view, nowMs)).map(([id, part]) => [id, part?.text.trim() ?? '']),
    ),
    chart: chartOf(view),
  }
}

export function renderRunPage(view: RunView, nowMs = Date.now()): string {
  const parts = makeParts(view, nowMs)
  const place = (id: PartId): Html => html`<div id="${id}">${parts[id]}</div>`
  const chart = chartOf(view)
  return renderPage({
    title: titleOf(view),
    navigation: html`<nav aria-label="Pages">
      <a href="/" aria-current="page">Run</a><a href="/report">Newest report</a><a href="/queue">Queue</a
      ><a href="/metrics">Metrics</a>
    </nav>`,
    heading: html`${place('away')}${place('name')}`,
    sections: [
      place('overview'),
      html`<section id="course" ${hiddenIf(chart)}>
        <h2>Over time</h2>
        <p class="note">
          What nodes read, by their own figures over five seconds, for as long as this dashboard has looked at the run.
        </p>
        ${chartFigure(chart, CHART_CAPTION)}
      </section>`,
      ...PART_IDS.slice(3).map(place),
    ],
    data: { charts: [chart], endMs: 0, files: null, verdictTitles: {} },
    script: 'cli/dashboard/page/main.js',
    style: RUN_STYLE,
    isLive: true,
  })
}

function hiddenIf({ x }: LineChart): Html {
  return new Html(x.values.length < 2 ? 'hidden' : '')
}

function makeParts(view: RunView, nowMs: number): Readonly<Record<PartId, Html | null>> {
  const { run } = view
  return {
    away: awayPart(view, nowMs),
    name: namePart(view),
    overview: run === null ? nothingPart(view) : overviewPart(view, run),
    verdict: run === null ? null : verdictPart(view, run),
    nodes: nodesPart(view, run),
    shards: run === null || run.shards.total === 0 ? null : shardsPart(run),
    outcomes: run === null ? null : outcomesPart(view, run),
    jobs: jobsPart(view),
  }
}

const STATE_WORDS: Readonly<Record<RunState['state'], string>> = {
  converting: 'converting',
  settling: 'ending',
  ended: 'ended',
  silent: 'its coordinator is silent',
}

function titleOf({ run }: RunView): string {
  if (run === null) return 'Drover: no run'
  return `${run.state === 'ended' ? STATE_WORDS.ended : `${percentOf(run)} %`}, run ${printableName(run.runId)}`
}

function namePart({ run, report, state }: RunView): Html {
  const queue = state === null ? null : html`queue <code>${state.queue}</code> on <code>${state.server}</code>`
  if (run === null)
    return html`<h1>No run yet</h1>
      <p class="subtitle">${queue}</p>`
  const headline =
    report === null
      ? html`Run ${printableName(run.generation ?? run.runId)}
          <span class="state ${run.state}">${stateWords(run)}</span>`
      : html`${outcomeOf(report)}`
  return html`<h1>${headline}</h1>
    <p class="subtitle">
      <code>${printableName(run.sourceRoot)}</code> to <code>${printableName(run.targetRoot)}</code> below
      --root${report === null ? null : html`, run <code>${printableName(report.runId)}</code>`}, ${queue}
    </p>
    ${report === null ? null : html`<p class="more"><a class="button" href="/report">Open the report</a></p>`}`
}

function stateWords({ state, stopped }: RunState): string {
  return state === 'ended' && stopped !== null ? `stopped by ${printableName(stopped)}` : STATE_WORDS[state]
}

function awayPart({ away, state }: RunView, nowMs: number): Html | null {
  if (away === null) return null
  const age =
    state === null
      ? 'It has not answered since this dashboard was started.'
      : `These are the figures of ${formatMoment(new Date(state.atMs).toISOString())}, ${formatDuration(nowMs - state.atMs)} ago.`
  return html`<p class="banner" role="status">
    The server of the queue does not answer (${printableName(away.reason)}). ${age} Nodes go on with what they have in
    work.
  </p>`
}

function chartOf({ course }: RunView): LineChart {
  const { seconds, megabytesPerSecond } = course.rates()
  const isFromStart = seconds.length === 0 || seconds[0] === 0
  return {
    id: 'throughput',
    x: { label: 'time', unit: 's', values: isFromStart ? seconds : [0, ...seconds] },
    series: [
      {
        label: 'read',
        unit: 'MB/s',
        values: isFromStart ? megabytesPerSecond : [null, ...megabytesPerSecond],
        isArea: true,
      },
    ],
    hasPoints: false,
  }
}

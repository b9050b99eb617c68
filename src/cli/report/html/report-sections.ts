import { printableName } from '../../../errors/printable-name.ts'
import type { BusyTime } from '../../../model/times.ts'
import type { FileFigures, Measurements } from '../../../model/measurement.ts'
import type { Report } from '../../../model/report.ts'
import { formatBytes, formatCount, formatDuration, threeDigits } from '../../terminal/format-quantity.ts'
import {
  adviceOf,
  durationOf,
  formatShare,
  rateFigures,
  rejectsByCode,
  runFigures,
  secondsPerGbOf,
  shareOf,
  STAGES,
  systemFigures,
  VERDICT_TITLES,
  warningsOf,
  type Figure,
} from '../report-figures.ts'
import { html, type Html } from './html.ts'
import type { LineChart } from './page-data.ts'
import { bar, chartFigure, legend, section, table } from './render-page.ts'

/** The parts of a report's page, in their order. Each is empty where the report has nothing for it. */
export function reportSections(report: Report, charts: readonly LineChart[]): Html[] {
  const { measured } = report
  return [
    overview(report),
    ...(measured === null ? [] : overTime(charts)),
    ...(measured === null ? [] : threads(measured)),
    ...stages(report),
    ...(measured === null ? [] : files(measured)),
    ...failures(report),
    ...rejects(report),
    ...warnings(report),
    ...(measured === null ? [] : [...tuning(measured), system(measured)]),
  ]
}

function overview(report: Report): Html {
  const verdict = report.measured?.verdict ?? null
  const found =
    verdict === null
      ? html`<div class="verdict"><p class="evidence">Nothing was measured: this run converted no file.</p></div>`
      : html`<div class="verdict">
          <p class="kind">${VERDICT_TITLES[verdict.kind]}</p>
          <p class="evidence">${printableName(verdict.evidence)}</p>
          <p class="advice">${printableName(verdict.advice)}</p>
          ${bar(shareParts(verdict.shares))}${shareLegend(verdict.shares)}
        </div>`
  const rates = rateFigures(report).map(
    ([label, text], at) =>
      html`<div class="${at === 0 ? 'figure first' : 'figure'}">
        <dt>${label}</dt>
        <dd>${text}</dd>
      </div>`,
  )
  return html`<section class="overview" aria-label="Overview">
    <div class="hero">${found}${rates.length === 0 ? null : html`<dl class="figures">${rates}</dl>`}</div>
    ${adviceOf(report).map((text) => html`<p class="note">${text}</p>`)}${definitions(runFigures(report))}
  </section> `
}

type Shares = { readonly onCpu: number; readonly runQueue: number; readonly waiting: number }

function shareParts({ onCpu, runQueue, waiting }: Shares): (readonly [string, number])[] {
  return [
    ['c-cpu', onCpu],
    ['c-queue', runQueue],
    ['c-wait', waiting],
  ]
}

function shareLegend({ onCpu, runQueue, waiting }: Shares): Html {
  return legend([
    ['c-cpu', `on CPU ${formatShare(onCpu)}`],
    ['c-queue', `in the run queue ${formatShare(runQueue)}`],
    ['c-wait', `waiting ${formatShare(waiting)}`],
  ])
}

function definitions(figures: readonly Figure[]): Html {
  return html`<dl class="facts">
    ${figures.map(
      ([label, text]) =>
        html`<dt>${label}</dt>
          <dd>${text}</dd>`,
    )}
  </dl>`
}

const CAPTIONS: Readonly<Record<string, string>> = {
  throughput: 'Sources read, MB/s',
  load: 'CPUs used and threads at work',
}

function overTime(charts: readonly LineChart[]): Html[] {
  if (charts.length === 0) return []
  const figures = charts.map((chart) => chartFigure(chart, CAPTIONS[chart.id] ?? chart.id))
  return [section('Over time', 'Drag to look closer; double click shows everything again.', html`${figures}`)]
}

function threads(measured: Measurements): Html[] {
  if (measured.threads.length === 0) return []
  const gantt =
    measured.files.length === 0
      ? null
      : html`<div class="gantt" id="gantt">
            <div class="tools">
              <button type="button" data-do="in">Zoom in</button><button type="button" data-do="out">Zoom out</button
              ><button type="button" data-do="all">Show all</button>
            </div>
            <div class="plot"></div>
          </div>
          ${legend([...STAGES.filter((stage) => stage !== 'sync').map((stage) => [`s-${stage}`, stage] as const), ['s-other', 'other']])}`
  const rows = measured.threads.map(({ thread, files: count, sourceBytes, busy }) => [
    String(thread),
    formatCount(count),
    formatBytes(sourceBytes),
    formatDuration(busy.busyNs / 1e6),
    busyBar(busy),
    formatShare(shareOf(busy.onCpuNs, busy.busyNs)),
    formatShare(shareOf(busy.waitingNs, busy.busyNs)),
  ])
  return [
    section(
      'Threads',
      'Which thread ran which file when: a block is a file, and its colours are the shares of its stages. Drag, or use + − ← → and 0 on the chart, to look closer.',
      html`${gantt}${table(['thread:', 'files:', 'sources:', 'busy:', 'CPU, run queue, waiting', 'on CPU:', 'waiting:'], rows, { isWide: true })}`,
    ),
  ]
}

function busyBar(busy: BusyTime): Html {
  const share = (part: number): number => shareOf(part, busy.busyNs)
  return bar(
    shareParts({ onCpu: share(busy.onCpuNs), runQueue: share(busy.runQueueNs), waiting: share(busy.waitingNs) }),
  )
}

function stages({ stageNs, sourceBytes }: Report): Html[] {
  const allNs = STAGES.reduce((sum, stage) => sum + stageNs[stage], 0)
  if (allNs === 0) return []
  const longestNs = Math.max(...STAGES.map((stage) => stageNs[stage]))
  const rows = STAGES.map((stage) => [
    stage,
    bar([[`s-${stage}`, stageNs[stage] / longestNs]]),
    formatDuration(stageNs[stage] / 1e6),
    formatShare(stageNs[stage] / allNs),
    stageNs[stage] === 0 ? '–' : threeDigits(sourceBytes / 1e6 / (stageNs[stage] / 1e9)),
  ])
  return [
    section(
      'Stages',
      'Wall time that all threads together spent in each stage, and how fast the stage alone is.',
      table(['stage', 'time', 'time:', 'share:', 'MB/s:'], rows),
    ),
  ]
}

function files(measured: Measurements): Html[] {
  if (measured.files.length === 0) return []
  const leftOut =
    measured.filesLeftOut === 0
      ? ''
      : `The ${formatCount(measured.files.length)} largest files; ${formatCount(measured.filesLeftOut)} more are not in the report.`
  return [
    section(
      'Files',
      leftOut,
      html`<div id="files"></div>
        <noscript><p class="note">The table of files needs scripts.</p></noscript
        >${shortList('Took longest', measured.slowestFiles)}${shortList('Took longest for their size', measured.costliestFiles)}`,
    ),
  ]
}

function shortList(title: string, list: readonly FileFigures[]): Html | null {
  if (list.length === 0) return null
  const rows = list.map((file) => [
    printableName(file.file),
    formatBytes(file.sourceBytes),
    durationOf(file),
    secondsPerGbOf(file),
    VERDICT_TITLES[file.verdict],
  ])
  return html`<details>
    <summary>${title}</summary>
    ${table(['file', 'size:', 'time:', 's/GB:', 'verdict'], rows, { isWide: true })}
  </details>`
}

function failures(report: Report): Html[] {
  if (report.failures.length === 0) return []
  const rows = report.failures.map(({ position, code, message, hint }) => [
    printableName(position.file ?? ''),
    code,
    hint === undefined ? printableName(message) : `${printableName(message)} – ${printableName(hint)}`,
  ])
  return [
    section(
      'Failures',
      'Running the same command again tries these files again.',
      table(['file', 'code', 'what happened'], rows, { isWide: true }),
    ),
  ]
}

function rejects(report: Report): Html[] {
  const codes = rejectsByCode(report)
  if (codes.length === 0) return []
  const most = codes[0]?.[1] ?? 1
  const rows = codes.map(([code, count]) => [
    printableName(code),
    bar([['c-reject', shareOf(count, most)]]),
    formatCount(count),
  ])
  const note = `Records that could not be converted are kept with their reasons in ${printableName(report.rejectsFolder)}.`
  return [section('Rejects by code', note, table(['code', 'records', 'records:'], rows))]
}

function warnings(report: Report): Html[] {
  const messages = warningsOf(report)
  if (messages.length === 0) return []
  const items = messages.map((message) => html`<li>${printableName(message)}</li>`)
  return [
    section(
      'Warnings',
      '',
      html`<ul class="warnings">
        ${items}
      </ul>`,
    ),
  ]
}

function tuning({ tuning: found }: Measurements): Html[] {
  if (found === null) return []
  const { steps, reason } = found
  const rows = steps.map((step) => [
    formatDuration(step.atMs),
    formatCount(step.threads),
    threeDigits(step.megabytesPerSecond),
    threeDigits(step.secondsPerGb),
  ])
  return [
    section(
      'Automatic threads',
      `What --threads auto tried. ${reason}`,
      table(['after:', 'threads:', 'MB/s:', 's/GB:'], rows),
    ),
  ]
}

function system(measured: Measurements): Html {
  return section('System', '', definitions(systemFigures(measured.system, measured.source)))
}

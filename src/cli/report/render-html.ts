import { printableName } from '../../errors/printable-name.ts'
import type { FileFigures, Measurements, TimelinePoint } from '../../model/measurement.ts'
import type { Report } from '../../model/report.ts'
import type { StageTimes } from '../../model/times.ts'
import { html } from './html/html.ts'
import type { FileColumns, LineChart, LineSeries } from './html/page-data.ts'
import { heading, renderPage } from './html/render-page.ts'
import { reportSections } from './html/report-sections.ts'
import { outcomeOf, shareOf, VERDICT_TITLES } from './report-figures.ts'

/** A report as one page that needs no other file and no network. Names of files in it are shown, never taken as mark-up. */
export function renderHtml(report: Report): string {
  const { measured } = report
  const endMs = measured === null ? 0 : endOf(measured)
  const charts = measured === null ? [] : timelineCharts(measured.timeline, endMs)
  const source = printableName(report.sourceRoot)
  return renderPage({
    title: `Drover: ${source}`,
    heading: heading(
      outcomeOf(report),
      html`<code>${source}</code> to <code>${printableName(report.targetRoot)}</code>, run
        <code>${printableName(report.runId)}</code>, Drover ${report.droverVersion}`,
    ),
    sections: reportSections(report, charts),
    data: {
      charts,
      endMs,
      files: measured === null || measured.files.length === 0 ? null : fileColumns(measured.files),
      verdictTitles: VERDICT_TITLES,
    },
  })
}

/** When the last file or the course of the run ended, whichever is later. */
function endOf({ files, timeline }: Measurements): number {
  let endMs = timeline.at(-1)?.atMs ?? 0
  for (const file of files) endMs = Math.max(endMs, file.endMs)
  return endMs
}

/** Throughput between each two points of the timeline, and what was at work, on an axis from the start of the run to its end. */
function timelineCharts(timeline: readonly TimelinePoint[], endMs: number): LineChart[] {
  if (timeline.length < 2) return []
  const x = { label: 'time', unit: 's', values: [0, ...timeline.map(({ atMs }) => atMs), endMs].map((ms) => ms / 1000) }
  const rates = timeline.map((point, index) => {
    const before = timeline[index - 1] ?? { atMs: 0, readBytes: 0 }
    const elapsedMs = point.atMs - before.atMs
    // A file that is tried again is read again: what its first try had read no longer counts.
    return elapsedMs <= 0 ? null : Math.max(0, point.readBytes - before.readBytes) / 1000 / elapsedMs
  })
  return [
    { id: 'throughput', x, series: [line('read', 'MB/s', rates, true)], hasPoints: false },
    {
      id: 'load',
      x,
      series: [
        line(
          'CPUs',
          '',
          timeline.map(({ cpus }) => cpus),
          true,
        ),
        line(
          'threads',
          '',
          timeline.map(({ busyThreads }) => busyThreads),
          false,
        ),
      ],
      hasPoints: false,
    },
  ]
}

/** A line that begins and ends within its axis. */
function line(label: string, unit: string, values: readonly (number | null)[], isArea: boolean): LineSeries {
  return { label, unit, values: [null, ...values, null], isArea }
}

function fileColumns(files: readonly FileFigures[]): FileColumns {
  const stage = (name: keyof StageTimes): number[] => files.map(({ stageNs }) => rounded(stageNs[name] / 1e6))
  return {
    file: files.map(({ file }) => printableName(file)),
    thread: files.map(({ thread }) => thread),
    startMs: files.map(({ startMs }) => rounded(startMs)),
    endMs: files.map(({ endMs }) => rounded(endMs)),
    sourceBytes: files.map(({ sourceBytes }) => sourceBytes),
    targetBytes: files.map(({ targetBytes }) => targetBytes),
    records: files.map(({ records }) => records),
    rejected: files.map(({ rejected }) => rejected),
    attempt: files.map(({ attempt }) => attempt),
    verdict: files.map(({ verdict }) => verdict),
    onCpu: files.map(({ busy }) => rounded(shareOf(busy.onCpuNs, busy.busyNs))),
    waiting: files.map(({ busy }) => rounded(shareOf(busy.waitingNs, busy.busyNs))),
    stageMs: {
      read: stage('read'),
      parse: stage('parse'),
      map: stage('map'),
      encode: stage('encode'),
      write: stage('write'),
      sync: stage('sync'),
    },
  }
}

/** To a thousandth: what a page can show, in fewer bytes. */
function rounded(amount: number): number {
  return Math.round(amount * 1000) / 1000
}

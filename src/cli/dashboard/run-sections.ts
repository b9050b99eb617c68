import type { ClusterState, NodeState, RunState, ShardInWork } from '../../control/coordinator/cluster-state.ts'
import { printableName } from '../../errors/printable-name.ts'
import type { Verdict } from '../../model/measurement.ts'
import type { NodeFigures } from '../../model/report.ts'
import {
  countOf,
  formatBytes,
  formatCount,
  formatDuration,
  formatMoment,
  threeDigits,
} from '../terminal/format-quantity.ts'
import { html, type Html } from '../report/html/html.ts'
import { bar, legend, section, table } from '../report/html/render-page.ts'
import { shareOf, VERDICT_TITLES } from '../report/report-figures.ts'
import type { RunView } from './run-watch.ts'

/** The parts of the page of a run. Names in them come from strangers: templates escape them, and what a screen would not show is spelt out. */

/** A node or coordinator that has told nothing for this long has a sign of life that stands out. */
const LATE_MS = 10_000
/** Files in work that are named for each shard. */
const NAMED_FILES = 2

const name = (text: string): Html => html`<code>${printableName(text)}</code>`

export function overviewPart(view: RunView, run: RunState): Html {
  const { done, total } = run
  const share = shareDone(run)
  return html`<section aria-label="Progress">
    <div class="hero">
      <div class="progress">
        <p class="percent">${percentOf(run)} %</p>
        <div
          role="progressbar"
          aria-label="Bytes of sources done"
          aria-valuemin="0"
          aria-valuemax="100"
          aria-valuenow="${percentOf(run)}"
        >
          ${bar([
            ['c-cpu', share],
            ['c-wait', 1 - share],
          ])}
        </div>
        <p class="amounts">
          ${formatBytes(done.bytes)} of ${formatBytes(total.bytes)}, ${formatCount(done.files)} of
          ${countOf(total.files, 'file')}
        </p>
        <p class="left">${timeLeft(view, run)}</p>
      </div>
      ${figuresList(view, run)}
    </div>
    ${facts(run)}
  </section>`
}

function shareDone({ state, stopped, done, total }: RunState): number {
  if (state === 'ended' && stopped === null) return 1
  return Math.min(1, total.bytes > 0 ? done.bytes / total.bytes : shareOf(done.files, total.files))
}

/** Whole percents, 100 only when nothing is left. */
export function percentOf(run: RunState): number {
  const percent = Math.floor(shareDone(run) * 100)
  return run.state === 'ended' ? percent : Math.min(99, percent)
}

function timeLeft({ course, report }: RunView, run: RunState): string {
  if (report !== null) return `took ${formatDuration(report.time.realMs)}`
  if (run.state === 'ended') return `took ${formatDuration(run.lastSignMs - run.startedAtMs)}`
  if (run.state === 'settling') return 'all files have ended; what is left staged is removed'
  if (run.shards.inWork === 0) return 'no node has a shard of it in work: is any connected?'
  const leftBytes = run.total.bytes - run.done.bytes
  return course.bytesPerMs === 0
    ? 'time left: not known, since nothing moves'
    : `about ${formatDuration(leftBytes / course.bytesPerMs)} left`
}

function figuresList({ course, report }: RunView, run: RunState): Html {
  const records = report?.records ?? run.records
  const failedFiles = report?.files.failed ?? run.failedFiles
  const rate = report === null ? course.bytesPerMs / 1000 : (report.rates?.megabytesPerSecond ?? 0)
  const figures = [
    [report === null ? 'MB/s' : 'MB/s over the whole run', threeDigits(rate)],
    ['records read', formatCount(records.read)],
    ['records rejected', formatCount(records.rejected)],
    ['files failed', formatCount(failedFiles)],
    ['shards done', `${formatCount(run.shards.done)} of ${formatCount(run.shards.total)}`],
  ] as const
  return html`<dl class="figures">
    ${figures.map(
      ([label, text], at) =>
        html`<div class="${at === 0 ? 'figure first' : 'figure'}">
          <dt>${label}</dt>
          <dd>${text}</dd>
        </div>`,
    )}
  </dl>`
}

function facts(run: RunState): Html {
  const { coordinator, alreadyDoneFiles, startedAtMs } = run
  const entries: (readonly [string, string])[] = [
    ['Started', formatMoment(new Date(startedAtMs).toISOString())],
    [
      'Coordinator',
      `process ${coordinator.pid} on ${printableName(coordinator.host)}, Drover ${printableName(coordinator.version)}`,
    ],
    ...(alreadyDoneFiles === 0 ? [] : [['Done before', countOf(alreadyDoneFiles, 'file')] as const]),
  ]
  return html`<dl class="facts">
    ${entries.map(
      ([label, text]) =>
        html`<dt>${label}</dt>
          <dd>${text}</dd>`,
    )}
  </dl>`
}

/** What binds the run, and whether more nodes would help. */
export function verdictPart({ report }: RunView, run: RunState): Html | null {
  const { findings } = run
  const verdict: Verdict | null = report === null ? (findings?.verdict ?? null) : (report.measured?.verdict ?? null)
  const advice = report === null ? findings?.advice : report.cluster?.advice
  if (verdict === null) {
    return run.state === 'ended'
      ? null
      : section('What binds the run', 'This is known as soon as the first shard is done.', html``)
  }
  return html`<section class="verdict">
    <h2>What ${report === null ? 'binds' : 'bound'} the run</h2>
    <p class="kind">${VERDICT_TITLES[verdict.kind]}</p>
    <p class="evidence">${printableName(verdict.evidence)}</p>
    <p class="advice">${printableName(verdict.advice)}</p>
    <h2>Would more nodes help?</h2>
    <p class="evidence">${printableName(advice ?? '')}</p>
    ${report === null ? html`<p class="advice nodes">${settledSoFar(run)}</p>` : null}
  </section>`
}

/** What a verdict before the end rests on. */
function settledSoFar({ findings, total }: RunState): string {
  const files = sumOf(findings?.nodes ?? [], (node) => node.files)
  return `So far, by ${formatCount(files)} of ${countOf(total.files, 'file')} that are settled.`
}

export function nodesPart({ state, report }: RunView, run: RunState | null): Html {
  const present = state?.nodes ?? []
  const figures = new Map((report?.cluster?.nodes ?? run?.findings?.nodes ?? []).map((node) => [node.name, node]))
  const gone = [...figures.values()].filter((one) => !present.some(({ node }) => node.name === one.name))
  const rows = [
    ...present.map((node) => nodeRow(node, figures.get(node.node.name), state?.atMs ?? 0, run)),
    ...gone.map(goneRow),
  ]
  if (rows.length === 0) {
    return section(
      'Nodes',
      '',
      html`<p class="note">No node is connected.</p>
        ${howToJoin(state)}`,
    )
  }
  return section(
    'Nodes',
    run === null ? '' : 'Files and bytes are those of this run: committed by the node, and read of its shards in work.',
    table(
      ['node', 'state', 'threads:', 'MB/s:', 'bound by', 'files:', 'bytes:', 'shards in work', 'last sign of life'],
      rows,
      { isWide: true },
    ),
  )
}

function nodeRow(
  status: NodeState,
  done: NodeFigures | undefined,
  nowMs: number,
  run: RunState | null,
): (string | Html)[] {
  const { node, shards, state, verdict, megabytesPerSecond, atMs, refused } = status
  const own = shards.filter(({ generation }) => generation === run?.generation)
  const isLate = nowMs - atMs > LATE_MS
  const word = isLate ? 'silent' : state === 'draining' ? 'draining' : shards.length > 0 ? 'at work' : 'idle'
  const others = shards.length - own.length
  return [
    name(node.name),
    html`<span class="state ${word.replace(' ', '-')}">${word}</span>${
        refused === null
          ? null
          : html` <span class="refused">refused ${formatCount(refused.jobs)}: ${printableName(refused.message)}</span>`
      }`,
    formatCount(node.threads),
    shards.length === 0 ? '–' : threeDigits(megabytesPerSecond),
    verdict === null ? '–' : VERDICT_TITLES[verdict],
    run === null ? '–' : formatCount((done?.files ?? 0) + sumOf(own, ({ doneFiles }) => doneFiles)),
    run === null ? '–' : formatBytes((done?.sourceBytes ?? 0) + sumOf(own, ({ readBytes }) => readBytes)),
    own.length === 0 && others === 0
      ? '–'
      : [
          own
            .map(({ shard }) => shard)
            .toSorted((a, b) => a - b)
            .join(', '),
          others === 0 ? '' : `${formatCount(others)} of other runs`,
        ]
          .filter((text) => text !== '')
          .join('; '),
    ago(nowMs - atMs),
  ]
}

function goneRow({
  name: nodeName,
  threads,
  files,
  sourceBytes,
  megabytesPerSecond,
  verdict,
}: NodeFigures): (string | Html)[] {
  return [
    name(nodeName),
    html`<span class="state gone">gone</span>`,
    formatCount(threads),
    threeDigits(megabytesPerSecond),
    verdict === null ? '–' : VERDICT_TITLES[verdict],
    formatCount(files),
    formatBytes(sourceBytes),
    '–',
    '–',
  ]
}

function sumOf<Item>(items: readonly Item[], amount: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + amount(item), 0)
}

function ago(ms: number): string {
  if (ms < 1500) return 'now'
  const seconds = Math.round(ms / 1000)
  return seconds < 60 ? `${seconds} s ago` : `${formatDuration(seconds * 1000)} ago`
}

export function shardsPart(run: RunState): Html {
  const { done, inWork, waiting, total } = run.shards
  const share = (count: number): number => shareOf(count, total)
  const parts = [
    ['c-cpu', done, 'done'],
    ['c-queue', inWork, 'in work'],
    ['c-wait', waiting, 'waiting'],
  ] as const
  return section(
    'Shards',
    '',
    html`${bar(parts.map(([className, count]) => [className, share(count)] as const))}
    ${legend(parts.map(([className, count, label]) => [className, `${formatCount(count)} ${label}`] as const))}
    ${
      run.inWork.length === 0
        ? null
        : table(['node', 'shard:', 'files:', 'done', 'read', 'at'], run.inWork.toSorted(byNode).map(shardRow), {
            isWide: true,
          })
    }`,
  )
}

function byNode(a: ShardInWork, b: ShardInWork): number {
  return a.node === b.node ? a.shard - b.shard : a.node < b.node ? -1 : 1
}

function shardRow({
  node,
  shard,
  bytes,
  readBytes,
  doneFiles,
  fileCount,
  current,
  state,
}: ShardInWork): (string | Html)[] {
  const share = Math.min(1, shareOf(readBytes, bytes))
  const files = current.slice(0, NAMED_FILES).map(({ file }) => html`<span class="file">${name(file)}</span> `)
  const more = current.length - NAMED_FILES
  return [
    name(node),
    formatCount(shard),
    `${formatCount(doneFiles)} of ${formatCount(fileCount)}`,
    bar([
      ['c-cpu', share],
      ['c-wait', 1 - share],
    ]),
    `${Math.floor(share * 100)} % of ${formatBytes(bytes)}`,
    state === 'waiting'
      ? 'waits for the threads of its node'
      : html`${files}${more > 0 ? `and ${formatCount(more)} more` : null}`,
  ]
}

/** What failed and what was rejected, by code. */
export function outcomesPart({ report }: RunView, run: RunState): Html | null {
  const failures = report === null ? run.failuresByCode : countCodes(report.failures)
  const rejects = report?.rejectCodes ?? run.rejectCodes
  const tables = [
    byCode('Failed files by code', 'files', failures),
    byCode('Rejected records by code', 'records', rejects),
  ]
  return tables.every((one) => one === null) ? null : html`${tables.map((one) => one ?? html``)}`
}

function countCodes(failures: readonly { readonly code: string }[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { code } of failures) counts[code] = (counts[code] ?? 0) + 1
  return counts
}

function byCode(title: string, noun: string, counts: Readonly<Record<string, number>>): Html | null {
  const codes = Object.entries(counts).toSorted(([a, left], [b, right]) => right - left || (a < b ? -1 : 1))
  if (codes.length === 0) return null
  const most = codes[0]?.[1] ?? 1
  return section(
    title,
    '',
    table(
      ['code', noun, `${noun}:`],
      codes.map(([code, count]) => [
        printableName(code),
        bar([['c-reject', shareOf(count, most)]]),
        formatCount(count),
      ]),
    ),
  )
}

/** Jobs of the queue that failed: mostly shards that a node refused. */
export function jobsPart({ state }: RunView): Html | null {
  if (state === null || state.failures.length === 0) return null
  return section(
    'Failed jobs',
    'The last ones on the queue, of any run. A shard is tried again before its run gives it up.',
    table(
      ['job', 'reason'],
      state.failures.map(({ jobId, reason }) => [name(jobId), printableName(reason)]),
      { isWide: true },
    ),
  )
}

/** What to do where no run is there. */
export function nothingPart({ state }: RunView): Html {
  return section(
    'How to start one',
    'A run is started anywhere that has the trees; it is shown here as soon as it is planned.',
    html`<pre><code>migrate --in /data/old --out /data/new ${clusterFlags(state)}</code></pre>`,
  )
}

function howToJoin(state: ClusterState | null): Html {
  return html`<pre><code>migrate worker --root /data ${clusterFlags(state)}</code></pre>`
}

function clusterFlags(state: ClusterState | null): string {
  const queue = state === null || state.queue === 'drover' ? '' : ` --queue ${state.queue}`
  return `--cluster ${state?.server ?? 'redis://queue.example'}${queue}`
}

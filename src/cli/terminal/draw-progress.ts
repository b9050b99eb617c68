import cliProgress from 'cli-progress'
import type { SingleBar } from 'cli-progress'
import { printableName } from '../../errors/printable-name.ts'
import { describeFileEvent } from './describe-file-event.ts'
import type { NodeProgress } from '../../model/events.ts'
import { countOf, formatBytes, threeDigits } from './format-quantity.ts'
import type { OutputStream } from '../host.ts'
import { ProgressFigures } from './progress-figures.ts'
import type { ProgressEvent } from './progress-figures.ts'
import type { ProgressView } from './progress-view.ts'

/** Progress as a bar on a terminal, with a line for each thread below it where `-v` asks for them. */

/** Lines of the terminal that stay free below the threads: the bar's own, and the cursor's. */
const FREE_ROWS = 3

const TOTAL_FORMAT = '{bar} {percent} % | {bytes} | {files} | {rate} | {timeLeft}'
const THREAD_FORMAT = '  {number} {percent} % of {size}  {file}'

const NODE_FORMAT = '  {name}  {rate} {bound} {file}'

export function drawProgress(stream: OutputStream, verbose: number): ProgressView {
  const bars = new cliProgress.MultiBar({
    stream,
    format: TOTAL_FORMAT,
    barsize: 24,
    barCompleteChar: '\u2588',
    barIncompleteChar: '\u2591',
    // The summary says how it ended; the cursor and line wrapping are given back by stop().
    clearOnComplete: true,
    hideCursor: true,
    // Signals are the command's: this library's own handler would end the drawing but not the run.
    gracefulExit: false,
  })
  let figures: ProgressFigures | null = null
  let total: SingleBar | null = null
  const threads: SingleBar[] = []
  const nodes: SingleBar[] = []
  const showNodes = (shown: readonly NodeProgress[]) => {
    const rows = (stream.rows ?? 24) - FREE_ROWS
    while (nodes.length < Math.min(shown.length, rows)) nodes.push(bars.create(1, 0, {}, { format: NODE_FORMAT }))
    nodes.forEach((bar, index) => bar.update(describeNode(shown[index])))
  }
  const say = (line: string) => {
    if (bars.isActive) bars.log(`${line}\n`)
    else stream.write(`${line}\n`)
  }
  return {
    say,
    stop: () => {
      // What was said since the last frame is still in the library's buffer.
      if (bars.isActive) bars.update()
      if (bars.isActive) bars.stop()
    },
    show: (event) => {
      if (event.type === 'planned' && event.fileCount > 0) {
        figures = new ProgressFigures(event)
        total = bars.create(100, 0, describeTotal(figures))
        const lineCount = verbose > 0 ? Math.min(event.threads, (stream.rows ?? 24) - FREE_ROWS) : 0
        for (let number = 1; number <= lineCount; number++) {
          threads.push(bars.create(1, 0, describeThread(number, null), { format: THREAD_FORMAT }))
        }
      }
      if (event.type === 'progress' && figures !== null) {
        figures.take(event)
        total?.update(figures.percent, describeTotal(figures))
        if (event.nodes !== undefined) showNodes(event.nodes)
        else threads.forEach((bar, index) => bar.update(describeThread(index + 1, event.threads[index] ?? null)))
      }
      const line = verbose > 1 ? describeFileEvent(event) : null
      if (line !== null) say(line)
    },
  }
}

function describeTotal(figures: ProgressFigures): object {
  const { bytes, files, rate, timeLeft } = figures
  return { percent: String(figures.percent).padStart(3), bytes, files, rate, timeLeft }
}

function describeThread(number: number, thread: ProgressEvent['threads'][number]): object {
  const shownNumber = String(number).padStart(3)
  if (thread === null) return { number: shownNumber, percent: '  -', size: '-', file: 'idle' }
  const percent = thread.sizeBytes === 0 ? 100 : Math.floor((thread.readBytes / thread.sizeBytes) * 100)
  return {
    number: shownNumber,
    percent: String(percent).padStart(3),
    size: formatBytes(thread.sizeBytes),
    file: printableName(thread.file),
  }
}

/** A line of a node of a cluster; nodes come and go, so a line may be empty. */
function describeNode(node: NodeProgress | undefined): object {
  if (node === undefined) return { name: '-', rate: '', bound: '', file: 'no further node has work' }
  const { name, threads, megabytesPerSecond, verdict, files } = node
  return {
    name: printableName(name),
    rate: `${countOf(threads, 'thread')}, ${threeDigits(megabytesPerSecond)} MB/s`,
    bound: verdict ?? '',
    file: printableName(files[0] ?? ''),
  }
}

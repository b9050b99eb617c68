import { printableName } from '../../errors/printable-name.ts'
import { describeFileEvent } from './describe-file-event.ts'
import type { DisplayOptions } from '../settings/display-options.ts'
import type { NodeProgress } from '../../model/events.ts'
import { formatDuration, threeDigits } from './format-quantity.ts'
import type { OutputStream } from '../host.ts'
import { ProgressFigures } from './progress-figures.ts'
import type { ProgressEvent } from './progress-figures.ts'
import type { ProgressView } from './progress-view.ts'

/** Progress as plain lines, for pipes, logs and CI: the figures every `--stats`, counted by the run's own clock. */
export function printStats(
  stream: OutputStream,
  display: Pick<DisplayOptions, 'stats' | 'statsOneLine' | 'verbose'>,
): ProgressView {
  let figures: ProgressFigures | null = null
  let nextMs = display.stats
  const say = (line: string) => void stream.write(`${line}\n`)
  return {
    say,
    stop: () => {},
    show: (event) => {
      if (event.type === 'planned') figures = new ProgressFigures(event)
      if (event.type === 'progress' && figures !== null) {
        figures.take(event)
        if (display.stats > 0 && event.elapsedMs >= nextMs) {
          nextMs = event.elapsedMs + display.stats
          for (const line of describe(figures, event, display)) say(line)
        }
      }
      const line = display.verbose > 1 ? describeFileEvent(event) : null
      if (line !== null) say(line)
    },
  }
}

function describe(
  figures: ProgressFigures,
  event: ProgressEvent,
  display: Pick<DisplayOptions, 'statsOneLine' | 'verbose'>,
): string[] {
  const elapsed = formatDuration(event.elapsedMs)
  const moved = `${figures.bytes}, ${figures.percent} %, ${figures.rate}, ${figures.timeLeft}`
  if (display.statsOneLine) return [`${elapsed}: ${moved}, ${figures.files}`]
  const lines = [elapsed, `  bytes  ${moved}`, `  files  ${figures.files}`]
  if (event.nodes !== undefined)
    return [...lines, ...event.nodes.flatMap((node) => describeNode(node, display.verbose))]
  if (display.verbose > 0) event.threads.forEach((thread, index) => lines.push(describeThread(index + 1, thread)))
  return lines
}

function describeThread(number: number, thread: ProgressEvent['threads'][number]): string {
  if (thread === null) return `  thread ${number}  idle`
  const percent = thread.sizeBytes === 0 ? 100 : Math.floor((thread.readBytes / thread.sizeBytes) * 100)
  return `  thread ${number}  ${String(percent).padStart(3)} % of ${printableName(thread.file)}`
}

/** A node of a cluster; with `-v`, the files that it is at. */
function describeNode({ name, threads, megabytesPerSecond, verdict, files }: NodeProgress, verbose: number): string[] {
  const bound = verdict === null ? '' : `, ${verdict}`
  const head = `  ${printableName(name)}  ${threads} threads, ${threeDigits(megabytesPerSecond)} MB/s${bound}`
  return verbose > 0 ? [head, ...files.map((file) => `    ${printableName(file)}`)] : [head]
}

import type { DisplayOptions } from '../settings/display-options.ts'
import { isInteractive } from '../host.ts'
import type { Host } from '../host.ts'
import { printStats } from './print-stats.ts'
import type { ProgressView } from './progress-view.ts'

/** A drawing on a terminal (or with `--progress`), else lines every `--stats`; nothing with `-q` and `--use-json-log`. */
export async function chooseProgressView(display: DisplayOptions, host: Host): Promise<ProgressView> {
  if (display.useJsonLog) return SILENT
  if (display.quiet) return { ...SILENT, say: (line) => void host.stderr.write(`${line}\n`) }
  // Without a terminal there is nothing to draw on, whatever the flag says: lines then show the progress.
  const isDrawn = host.stderr.isTTY === true && (display.progress ?? isInteractive(host))
  if (!isDrawn) return printStats(host.stderr, display)
  // A bar costs its library; a run without one does not.
  const { drawProgress } = await import('./draw-progress.ts')
  return drawProgress(host.stderr, display.verbose)
}

const SILENT: ProgressView = { show: () => {}, say: () => {}, stop: () => {} }

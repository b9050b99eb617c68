import type { EventEmitter } from 'node:events'
import { EXIT_CODES } from './exit-code.ts'

/**
 * Turns signals into a stop. The first lets the run end in order: files in work are given up, finished ones committed. The
 * second ends the process at once; the next run cleans up. So does time: what hangs must not keep a process that was told to end.
 * The library itself installs no handlers.
 */

/** Those that end a run in order. */
export const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export type StopSignal = (typeof SIGNALS)[number]

export interface SignalWatch {
  /** Aborts at the first signal; its reason is the signal's name. */
  readonly signal: AbortSignal
  /** The first signal that came, or null. */
  readonly received: StopSignal | null
  /** Leaves signals to their defaults again. */
  stop(): void
}

/** How long an orderly end may take. Promised are 5 s. */
const END_MS = 4500

/**
 * @param source the process, or anything that emits signals by name.
 * @param onFirst told once, when the stop begins.
 * @param onSecond told the exit code; must end the process.
 * @param onHanging told where the run has not ended after END_MS; must end the process even where threads hang. Left out: nothing ends it.
 */
export function watchSignals(
  source: EventEmitter,
  onFirst: (signal: StopSignal) => void,
  onSecond: (exitCode: number) => void,
  onHanging?: (signal: StopSignal) => void,
): SignalWatch {
  const controller = new AbortController()
  let timer: NodeJS.Timeout | undefined
  let received: StopSignal | null = null
  const listeners = SIGNALS.map((name) => ({
    name,
    listener: () => {
      if (received !== null) {
        onSecond(name === 'SIGINT' ? EXIT_CODES.stoppedByInterrupt : EXIT_CODES.stoppedByTermination)
        return
      }
      received = name
      onFirst(name)
      controller.abort(name)
      if (onHanging !== undefined) timer = setTimeout(() => onHanging(name), END_MS)
    },
  }))
  for (const { name, listener } of listeners) source.on(name, listener)
  return {
    signal: controller.signal,
    get received() {
      return received
    },
    stop: () => {
      clearTimeout(timer)
      for (const { name, listener } of listeners) source.off(name, listener)
    },
  }
}

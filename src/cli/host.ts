import type { EventEmitter } from 'node:events'
import { styleText } from 'node:util'

/** What a command sees of the process around it. Tests give their own; only bin/ gives the real one. */
export interface Host {
  /** Arguments after the program's name. */
  readonly argv: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly cwd: string
  readonly stdout: OutputStream
  readonly stderr: OutputStream
  /** Emits SIGINT, SIGTERM and SIGHUP: the process. */
  readonly signals: EventEmitter
  /** Ends the process at once: the second signal. */
  readonly endProcess: (exitCode: number) => void
  /** Ends the process as the signal would have without a handler: even while threads hang. */
  readonly dieOf: (signal: NodeJS.Signals) => void
  /** Memory is collected early from here on, or until the next thread starts. */
  readonly collectEarly: () => void
}

export type OutputStream = NodeJS.WritableStream & {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
}

export type Colour = 'green' | 'yellow' | 'red' | 'bold' | 'dim'

export type Paint = (colour: Colour, text: string) => string

/** True where a bar may be drawn and redrawn on standard error: a terminal that can, and nobody's build log. */
export function isInteractive(host: Pick<Host, 'stderr' | 'env'>): boolean {
  return host.stderr.isTTY === true && host.env['TERM'] !== 'dumb' && (host.env['CI'] ?? '') === ''
}

/** Colours for a stream that shows them; plain text on pipes and with NO_COLOR. */
export function paintFor(stream: OutputStream, env: NodeJS.ProcessEnv): Paint {
  const hasColours = stream.isTTY === true && env['TERM'] !== 'dumb' && (env['NO_COLOR'] ?? '') === ''
  // The stream was asked just now; styleText would ask process.stdout instead.
  return hasColours ? (colour, text) => styleText(colour, text, { validateStream: false }) : (_, text) => text
}

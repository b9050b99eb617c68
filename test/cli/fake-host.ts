import { EventEmitter } from 'node:events'
import { Writable } from 'node:stream'
import type { Host, OutputStream } from '../../src/cli/host.ts'

/** A stream that keeps what is written; with `terminal` it passes for one of 100 columns and 10 rows. */
export function keepText(terminal: 'terminal' | 'pipe' = 'pipe'): OutputStream & { readonly text: string } {
  const pieces: string[] = []
  const stream = new Writable({
    decodeStrings: false,
    write: (piece: string | Buffer, _, done) => {
      pieces.push(String(piece))
      done()
    },
  })
  const isTTY = terminal === 'terminal'
  return Object.defineProperty(Object.assign(stream, { isTTY, columns: 100, rows: 10 }), 'text', {
    get: () => pieces.join(''),
  }) as unknown as OutputStream & { readonly text: string }
}

export interface FakeHost extends Host {
  readonly stdout: OutputStream & { readonly text: string }
  readonly stderr: OutputStream & { readonly text: string }
  /** Exit codes given to `endProcess`. */
  readonly ended: readonly number[]
}

export function fakeHost(
  argv: readonly string[],
  given: { readonly env?: NodeJS.ProcessEnv; readonly cwd?: string; readonly terminal?: 'terminal' | 'pipe' } = {},
): FakeHost {
  const ended: number[] = []
  return {
    argv,
    env: given.env ?? {},
    cwd: given.cwd ?? process.cwd(),
    stdout: keepText(given.terminal),
    stderr: keepText(given.terminal),
    signals: new EventEmitter(),
    endProcess: (exitCode) => void ended.push(exitCode),
    dieOf: () => {},
    collectEarly: () => {},
    ended,
  }
}

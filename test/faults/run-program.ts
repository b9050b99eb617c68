import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { expect } from 'vitest'

export const PROGRAM = join(import.meta.dirname, '../../dist/bin/migrate.js')

export interface Ended {
  /** Null when a signal ended it. */
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly stderr: string
  readonly durationMs: number
}

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv
  /** Words before `node`: a program that starts it with less rights or limits. */
  readonly prefix?: readonly string[]
  /** Gets the process as soon as it has been started. */
  readonly onStart?: (child: ChildProcess) => void
  /** Gets each piece of standard error. */
  readonly onText?: (child: ChildProcess, text: string) => void
}

/** Expects that a run ended by itself with an exit code; otherwise what it said is shown. */
export function expectExit(ended: Ended, exitCode: number, at = ''): void {
  expect(ended.exitCode, `${ended.stderr} ${at}`).toBe(exitCode)
}

/** Runs the built program to its end. */
export function runProgram(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const startMs = performance.now()
  const words = [...(options.prefix ?? []), process.execPath, PROGRAM, ...args]
  const child = spawn(words[0] ?? '', words.slice(1), {
    env: { PATH: process.env['PATH'], ...options.env },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  options.onStart?.(child)
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
    options.onText?.(child, text)
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (exitCode, signal) => {
      resolve({ exitCode, signal, stderr, durationMs: performance.now() - startMs })
    })
  })
}

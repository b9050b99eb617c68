import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { MigrationError } from '../errors/migration-error.ts'
import type { BenchSample } from '../model/bench-report.ts'

export interface MeasuredProcess extends BenchSample {
  readonly exitCode: number
  readonly stderr: string
}

/**
 * Runs the command line in a process of its own, so that its CPU time and memory are its own too, and measures it from its start
 * to its end.
 * @param signal ends the process at once.
 * @throws MigrationError STOPPED when the signal came, UNEXPECTED where the process did not end by itself.
 */
export async function measureProcess(
  program: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<MeasuredProcess> {
  const startMs = performance.now()
  const child = spawn(process.execPath, ['--import', usageModule(), program, ...args], {
    // Descriptor 3: the figures of the process, see report-usage.ts.
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    env: environmentWithoutOptions(),
    signal,
    killSignal: 'SIGKILL',
  })
  const stderr = collect(child.stderr as Readable)
  const usage = collect(child.stdio[3] as Readable)
  let endMs = 0
  child.once('exit', () => (endMs = performance.now()))
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once('error', (error) => {
      if (!signal.aborted) reject(error)
    })
    child.once('close', resolve)
  })
  if (signal.aborted) throw stopped()
  if (exitCode === null || usage() === '') {
    throw new MigrationError('UNEXPECTED', `a measured process ended early: ${stderr().trim()}`, { phase: 'worker' })
  }
  const [userMicroseconds = 0, systemMicroseconds = 0, peakKib = 0] = JSON.parse(usage()) as number[]
  return {
    exitCode,
    stderr: stderr(),
    wallSeconds: (endMs - startMs) / 1000,
    userSeconds: userMicroseconds / 1e6,
    systemSeconds: systemMicroseconds / 1e6,
    peakBytes: peakKib * 1024,
  }
}

export function stopped(): MigrationError {
  return new MigrationError('STOPPED', 'the benchmark was stopped', { phase: 'worker' })
}

function collect(stream: Readable): () => string {
  let text = ''
  stream.setEncoding('utf8').on('data', (piece: string) => (text += piece))
  return () => text
}

/** The measured run has its options from a file; a variable would go before that. */
function environmentWithoutOptions(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('MIGRATE_')))
}

/** The built module: beside this one in `dist`, or in `dist` where this is the source (unit tests). */
function usageModule(): string {
  const beside = new URL('./report-usage.js', import.meta.url)
  return existsSync(fileURLToPath(beside))
    ? beside.href
    : new URL('../../dist/src/bench/report-usage.js', import.meta.url).href
}

import { main } from '../../src/cli/main.ts'
import { fakeHost } from '../cli/fake-host.ts'
import type { Ended } from '../faults/run-program.ts'

/**
 * Runs a command line in this process: what comes before and after the run that a test is about. It costs a quarter of a process of its own, which
 * is left to runs that are killed, or meet faults, mounts or limits. One thread, where the words name no other number.
 */
export async function runHere(args: readonly string[]): Promise<Ended> {
  const startMs = performance.now()
  const host = fakeHost(args, { env: { MIGRATE_THREADS: '1' } })
  const exitCode = await main(host)
  return { exitCode, signal: null, stderr: host.stderr.text, durationMs: performance.now() - startMs }
}

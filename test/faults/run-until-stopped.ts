import { readFileSync } from 'node:fs'
import { faultEnvironment, type Fault } from './fault-shim.ts'
import { runProgram, type Ended } from './run-program.ts'

/**
 * Runs the program until it stops itself before a call, lets something happen, and lets it go on to its end.
 * @param meanwhile what others do while it stands still.
 * @param limit kills it.
 */
export async function runUntilStopped(
  args: readonly string[],
  fault: Omit<Fault, 'action' | 'times'>,
  meanwhile: () => void,
  limit?: AbortSignal,
): Promise<Ended & { readonly wasStopped: boolean }> {
  let wasStopped = false
  let timer: NodeJS.Timeout | undefined
  const ended = await runProgram(args, {
    env: faultEnvironment({ ...fault, times: 1, action: 'stop' }),
    onStart: (child) => {
      limit?.addEventListener('abort', () => child.kill('SIGKILL'))
      timer = setInterval(() => {
        if (wasStopped || !isStopped(child.pid ?? 0)) return
        wasStopped = true
        meanwhile()
        child.kill('SIGCONT')
      }, LOOK_MS)
    },
  })
  clearInterval(timer)
  return { ...ended, wasStopped }
}

const LOOK_MS = 5

function isStopped(pid: number): boolean {
  try {
    // Behind the name in brackets, which may hold anything.
    return /\) T /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

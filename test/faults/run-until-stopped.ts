import { readFileSync } from 'node:fs'
import { faultEnvironment, type Fault } from './fault-shim.ts'
import { runProgram, type Ended } from './run-program.ts'

/**
 * Runs the program until it stops itself before a call, lets something happen, and lets it go on to its end.
 * @param meanwhile what others do while it stands still.
 * @param options.limit kills it. `prefix`: as for `runProgram`.
 */
export async function runUntilStopped(
  args: readonly string[],
  fault: Omit<Fault, 'action' | 'times'>,
  meanwhile: () => void | Promise<void>,
  options: { readonly limit?: AbortSignal; readonly prefix?: readonly string[] } = {},
): Promise<Ended & { readonly wasStopped: boolean }> {
  let wasStopped = false
  let standstill: Promise<void> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  const ended = await runProgram(args, {
    env: faultEnvironment({ ...fault, times: 1, action: 'stop' }),
    prefix: options.prefix ?? [],
    onStart: (child) => {
      options.limit?.addEventListener('abort', () => child.kill('SIGKILL'))
      timer = setInterval(() => {
        const pid = stoppedProcess(child.pid ?? 0)
        if (wasStopped || pid === null) return
        wasStopped = true
        standstill = letHappen(meanwhile).finally(() => process.kill(pid, 'SIGCONT'))
        // Thrown below, when the program has ended.
        standstill.catch(() => undefined)
      }, LOOK_MS)
    },
  })
  clearInterval(timer)
  await standstill
  return { ...ended, wasStopped }
}

async function letHappen(meanwhile: () => void | Promise<void>): Promise<void> {
  await meanwhile()
}

const LOOK_MS = 5

/** The program itself, or the one that it was started by way of (unshare, nice) has started; null: it is at work. */
function stoppedProcess(pid: number): number | null {
  try {
    // Behind the name in brackets, which may hold anything.
    if (/\) T /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))) return pid
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean)
    return children.map((child) => stoppedProcess(Number(child))).find((found) => found !== null) ?? null
  } catch {
    return null
  }
}

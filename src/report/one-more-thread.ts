import type { Measurements } from '../model/measurement.ts'
import type { VerdictKind } from './spending.ts'
import type { Throttle } from './throttle.ts'

interface RunShape {
  readonly threads: number
  readonly cores: number
  /** From the first file to the last commit. */
  readonly wallNs: number
  readonly busyNs: number
  /** Of the whole process: the main thread, which commits, needs CPUs too. */
  readonly cpuNs: number
  readonly verdict: VerdictKind
  /** The limit that the run waits for, set by its user; null: none. */
  readonly throttle: Throttle | null
}

/** Verdicts under which a further thread would have nothing to do, or no CPU to do it on. */
const NO_GAIN: Readonly<Partial<Record<VerdictKind, string>>> = {
  'sync-bound': 'threads wait for commits, which come one group after the other',
  'too-few-files': 'there is no file for it',
  starved: 'there is no CPU for it',
}

/**
 * What one more thread would bring: Amdahl's law over the measured parts, with the CPUs as its ceiling. What the threads did divides
 * among one more; what else the wall time holds (starting, commits, the last file) stays; CPU time never divides by more than the cores.
 * @see https://en.wikipedia.org/wiki/Amdahl%27s_law
 */
export function predictOneMoreThread(run: RunShape): Measurements['oneMoreThread'] {
  const { threads, cores, wallNs, busyNs, cpuNs, verdict, throttle } = run
  if (wallNs <= 0 || busyNs <= 0) return null
  const more = threads + 1
  const noGain =
    isIoBound(verdict) && throttle?.flag === '--bwlimit' ? `all threads share ${throttle.shown}` : NO_GAIN[verdict]
  if (noGain !== undefined) return { threads: more, gain: 1, reason: noGain }
  const serialNs = Math.max(0, wallNs - busyNs / threads)
  const cpuFloorNs = cpuNs / cores
  const predictedNs = Math.max(serialNs + busyNs / more, cpuFloorNs)
  const gain = Math.max(1, wallNs / predictedNs)
  return { threads: more, gain, reason: explain(run, predictedNs === cpuFloorNs || gain === 1) }
}

function explain({ cores, threads, verdict, throttle }: RunShape, isAtCpuFloor: boolean): string {
  const used = `${threads} of ${cores} ${cores === 1 ? 'core' : 'cores'}`
  if (isAtCpuFloor || (verdict === 'cpu-bound' && threads >= cores)) return `${used} in use: CPU time is the limit`
  if (isIoBound(verdict) && throttle !== null) return `it would wait for ${throttle.shown} beside the others`
  if (isIoBound(verdict)) return 'if the storage serves one thread more as fast as the others'
  return `${used} in use`
}

function isIoBound(verdict: VerdictKind): boolean {
  return verdict === 'io-bound-read' || verdict === 'io-bound-write'
}

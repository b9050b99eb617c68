import { competesWithThreads, costliestStages, percent } from './evidence.ts'
import type { Shares, Spending, Surroundings, VerdictKind } from './spending.ts'
import { bindingThrottle, type Throttle } from './throttle.ts'

/** Less work, with the waiting for its commits, than this says nothing of the next run. */
const FEWEST_NS = 50e6
/** A thread that gets less than this of a core is hardly worth starting. */
const LEAST_FREE_CPUS = 0.5

/** What to do about a verdict, in one line. */
export function giveAdvice(kind: VerdictKind, shares: Shares, spending: Spending, around: Surroundings): string {
  if (spending.busy.busyNs + spending.stageNs.sync < FEWEST_NS) return 'too little work to draw conclusions from'
  const stage = costliestStages(spending.stageNs)[0]?.[0] ?? 'parse'
  const { threads, cores, fileCount, longestFile, cpusBesideThreads } = around
  const throttle = bindingThrottle(around.throttles, shares.waiting)
  switch (kind) {
    case 'cpu-bound':
      if (threads < cores && threads + cpusBesideThreads > cores - LEAST_FREE_CPUS) {
        const used = (threads + cpusBesideThreads).toFixed(1)
        return `more threads will bring little: ${withMainThread(around)} use ${used} of ${count(cores, 'core')}; larger files or more cores would help`
      }
      return threads < cores
        ? `more threads will help: ${threads} of ${cores} cores are used (${around.isMemoryLimited ? '--memory-limit allows no more' : `--threads ${cores}`})`
        : `more threads will not help: all ${count(cores, 'core')} are used, most by ${stage}; faster or more cores would`
    case 'io-bound-read':
      if (throttle !== null) return adviseOfThrottle(throttle, shares)
      return `faster cores will not help: threads wait for reads; more threads help only where the storage serves several reads at once (migrate bench tells)`
    case 'io-bound-write':
      if (throttle !== null) return adviseOfThrottle(throttle, shares)
      return `faster cores will not help: threads wait for writes; a faster disk for --out would; more threads help only where the storage takes several writes at once (migrate bench tells)`
    case 'sync-bound':
      if (!around.isDurable)
        return 'more threads will not help: files are committed one group after the other; larger files would'
      return 'more threads will not help: the disk makes files durable one group after the other; larger files or a faster disk would, and --no-fsync leaves it out'
    case 'starved':
      if (threads > cores) return `fewer threads will do: ${threads} share ${count(cores, 'core')} (--threads ${cores})`
      return competesWithThreads(around)
        ? `more threads will not help: ${withMainThread(around)} share ${count(cores, 'core')}; larger files or more cores would`
        : `more threads will not help: other work on this machine takes the ${cores === 1 ? 'core' : 'cores'}`
    case 'too-few-files':
      return longestFile !== null && longestFile.share >= 0.5
        ? `more threads will not help: ${longestFile.file} alone took ${percent(longestFile.share)} of the run`
        : `more threads will not help: ${count(fileCount, 'file')} for ${count(threads, 'thread')}`
    case 'mixed':
      return `no single limit: most time goes to ${stage}; migrate bench tells what other numbers of threads bring`
  }
}

/** The run waits for what its user asked for: no disk and no CPU changes that. */
function adviseOfThrottle({ flag, shown }: Throttle, { waiting }: Shares): string {
  const gain = `${flag === '--bwlimit' ? 'raising' : 'lowering'} or leaving it out would bring up to ${timesAsFast(waiting)}, as far as the storage keeps up`
  return flag === '--bwlimit'
    ? `faster cores, disks or more threads will not help: all threads share what ${shown} lets through; ${gain}`
    : `faster cores or disks will not help: each call waits for ${shown}; more threads wait side by side, and ${gain}`
}

/** What is left when nothing waits any more. */
function timesAsFast(waiting: number): string {
  const times = 1 / Math.max(0.01, 1 - waiting)
  return `${times < 10 ? times.toFixed(1) : Math.round(times)} times the speed`
}

function withMainThread({ threads, fileCount }: Surroundings): string {
  return `${count(threads, 'thread')} and the main thread, which commits ${count(fileCount, 'file')},`
}

function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`
}

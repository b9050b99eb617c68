import { costliestStages, percent } from './evidence.ts'
import type { Spending, Surroundings, VerdictKind } from './spending.ts'

/** Less work, with the waiting for its commits, than this says nothing of the next run. */
const FEWEST_NS = 50e6

/** What to do about a verdict, in one line. */
export function giveAdvice(kind: VerdictKind, spending: Spending, around: Surroundings): string {
  if (spending.busy.busyNs + spending.stageNs.sync < FEWEST_NS) return 'too little work to draw conclusions from'
  const stage = costliestStages(spending.stageNs)[0]?.[0] ?? 'parse'
  const { threads, cores, fileCount, longestFile } = around
  switch (kind) {
    case 'cpu-bound':
      return threads < cores
        ? `more threads will help: ${threads} of ${cores} cores are used (--threads ${cores})`
        : `more threads will not help: all ${count(cores, 'core')} are used, most by ${stage}; faster or more cores would`
    case 'io-bound-read':
      return `faster cores will not help: threads wait for reads; more threads help only where the storage serves several reads at once (migrate bench tells)`
    case 'io-bound-write':
      return `faster cores will not help: threads wait for writes; a faster disk for --out would; more threads help only where the storage takes several writes at once (migrate bench tells)`
    case 'sync-bound':
      return 'more threads will not help: the disk makes files durable one group after the other; larger files or a faster disk would, and --no-fsync leaves it out'
    case 'starved':
      return threads > cores
        ? `fewer threads will do: ${threads} share ${count(cores, 'core')} (--threads ${cores})`
        : `more threads will not help: other work on this machine takes the ${cores === 1 ? 'core' : 'cores'}`
    case 'too-few-files':
      return longestFile !== null && longestFile.share >= 0.5
        ? `more threads will not help: ${longestFile.file} alone took ${percent(longestFile.share)} of the run`
        : `more threads will not help: ${count(fileCount, 'file')} for ${count(threads, 'thread')}`
    case 'mixed':
      return `no single limit: most time goes to ${stage}; migrate bench tells what other numbers of threads bring`
  }
}

function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`
}

import type { FileFigures, Measurements } from '../../../src/model/measurement.ts'
import type { Report } from '../../../src/model/report.ts'
import { sampleReport } from '../sample-events.ts'

/** Numbers that look like chance and are the same every time. */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** Files one after the other on each thread. @param names of the first files. */
export function sampleFiles(count: number, threads: number, names: readonly string[] = []): FileFigures[] {
  const next = numbers(7)
  const freeMs = Array.from({ length: threads }, () => 5)
  return Array.from({ length: count }, (_, index) => {
    const thread = freeMs.indexOf(Math.min(...freeMs))
    const startMs = freeMs[thread] ?? 0
    const sourceBytes = Math.round(5e6 + 20e6 * next() ** 3)
    const durationMs = sourceBytes / (60_000 + 60_000 * next())
    freeMs[thread] = startMs + durationMs + 0.2
    const ns = (share: number): number => Math.round(share * durationMs * 1e6)
    const parse = 0.3 + 0.2 * next()
    return {
      file: names[index] ?? `orders/2024/${String((index % 12) + 1).padStart(2, '0')}/part-${index}.csv`,
      thread,
      startMs,
      endMs: startMs + durationMs,
      sourceBytes,
      targetBytes: sourceBytes * 2,
      records: Math.round(sourceBytes / 90),
      rejected: index % 50 === 3 ? 2 : 0,
      attempt: 1,
      stageNs: {
        read: ns(0.08),
        parse: ns(parse),
        map: ns(0.01),
        encode: ns(0.72 - parse),
        write: ns(0.15),
        sync: ns(0.1),
      },
      busy: { busyNs: ns(1), onCpuNs: ns(0.86), runQueueNs: ns(0.04), waitingNs: ns(0.1) },
      verdict: index % 9 === 0 ? 'io-bound-write' : 'cpu-bound',
    }
  })
}

export function sampleMeasured(files: readonly FileFigures[], threads: number): Measurements {
  const next = numbers(11)
  const endMs = Math.max(...files.map((file) => file.endMs))
  const sum = (valueOf: (file: FileFigures) => number): number => files.reduce((all, file) => all + valueOf(file), 0)
  const sourceBytes = sum((file) => file.sourceBytes)
  const busy = {
    busyNs: sum((file) => file.busy.busyNs),
    onCpuNs: sum((file) => file.busy.onCpuNs),
    runQueueNs: sum((file) => file.busy.runQueueNs),
    waitingNs: sum((file) => file.busy.waitingNs),
  }
  let readBytes = 0
  const steps = 80
  const timeline = Array.from({ length: steps + 1 }, (_, step) => {
    readBytes =
      step === steps ? sourceBytes : Math.min(sourceBytes, readBytes + (sourceBytes / steps) * (0.7 + 0.6 * next()))
    return {
      atMs: (endMs / steps) * step,
      readBytes: Math.round(readBytes),
      busyThreads: threads,
      cpus: threads * (0.8 + 0.15 * next()),
    }
  })
  return {
    source: 'thread-schedstat',
    verdict: {
      kind: 'cpu-bound',
      evidence: `threads were on a CPU for 86 % of their time; parse is the longest stage, at 240 MB/s a thread`,
      advice: 'More threads help while there are CPUs: this machine has 2 more than the run used.',
      shares: { onCpu: 0.86, runQueue: 0.04, waiting: 0.1 },
    },
    busy,
    threads: Array.from({ length: threads }, (_, thread) => {
      const own = files.filter((file) => file.thread === thread)
      const ownSum = (valueOf: (file: FileFigures) => number): number =>
        own.reduce((all, file) => all + valueOf(file), 0)
      return {
        thread,
        files: own.length,
        sourceBytes: ownSum((file) => file.sourceBytes),
        busy: {
          busyNs: ownSum((file) => file.busy.busyNs),
          onCpuNs: ownSum((file) => file.busy.onCpuNs),
          runQueueNs: ownSum((file) => file.busy.runQueueNs),
          waitingNs: ownSum((file) => file.busy.waitingNs),
        },
      }
    }),
    oneMoreThread: { threads: threads + 1, gain: 1.18, reason: 'one more CPU is free and storage keeps up' },
    copyFloor: { seconds: endMs / 1000 / 1.28, ratio: 1.28 },
    slowestFiles: [...files].sort((a, b) => b.endMs - b.startMs - (a.endMs - a.startMs)).slice(0, 5),
    costliestFiles: [...files]
      .sort((a, b) => (b.endMs - b.startMs) / b.sourceBytes - (a.endMs - a.startMs) / a.sourceBytes)
      .slice(0, 5),
    files: [...files],
    filesLeftOut: 0,
    timeline,
    system: {
      cores: 8,
      cpuQuota: 6,
      storage: { readBytes: sourceBytes, writtenBytes: sourceBytes * 2 },
      pressure: { cpuMs: 120, ioMs: 840, memoryMs: 0 },
      stealShare: 0.012,
      peakMemoryBytes: 212_000_000,
    },
    tuning: {
      steps: [
        { atMs: 1000, threads: 2, megabytesPerSecond: 170, secondsPerGb: 5.88 },
        { atMs: 2000, threads: 4, megabytesPerSecond: 320, secondsPerGb: 3.12 },
        { atMs: 3000, threads: 6, megabytesPerSecond: 300, secondsPerGb: 3.33 },
      ],
      chosen: 4,
      reason: '4 threads: 3.12 s/GB; 6: 3.33, writes wait',
    },
  }
}

/** The report of a run with figures of its own, rejects, a failure and a warning. */
export function measuredReport(fileCount = 60, threads = 4, names: readonly string[] = []): Report {
  const files = sampleFiles(fileCount, threads, names)
  const measured = sampleMeasured(files, threads)
  const sourceBytes = files.reduce((sum, file) => sum + file.sourceBytes, 0)
  const realMs = Math.max(...files.map((file) => file.endMs)) + 60
  const records = files.reduce((sum, file) => sum + file.records, 0)
  const rejected = files.reduce((sum, file) => sum + file.rejected, 0)
  const secondsPerGb = realMs / 1000 / (sourceBytes / 1e9)
  const stage = (name: keyof FileFigures['stageNs']): number => files.reduce((sum, file) => sum + file.stageNs[name], 0)
  return sampleReport({
    engine: 'kernel',
    threads,
    files: { total: fileCount + 1, converted: fileCount, alreadyDone: 0, failed: 1, notStarted: 0 },
    records: { read: records, written: records - rejected, rejected, filtered: 0 },
    rejectCodes: rejected === 0 ? {} : { FIELD_COUNT: rejected - 1, BARE_CR: 1 },
    standingRejects: { files: 2, records: rejected },
    sourceBytes,
    targetBytes: sourceBytes * 2,
    time: { realMs, userMs: realMs * threads * 0.8, systemMs: realMs * 0.3 },
    rates: {
      megabytesPerSecond: sourceBytes / 1e3 / realMs,
      recordsPerSecond: records / (realMs / 1000),
      secondsPerGb,
      minutesPerGb: secondsPerGb / 60,
    },
    stageNs: {
      read: stage('read'),
      parse: stage('parse'),
      map: stage('map'),
      encode: stage('encode'),
      write: stage('write'),
      sync: stage('sync'),
    },
    measured,
    failures: [
      {
        code: 'UNTERMINATED_QUOTE',
        phase: 'parse',
        message: 'the quote opened at byte 7 is still open at the end',
        hint: '--unterminated-quote reject rejects just that record',
        position: { file: 'orders/2023/broken.csv', line: 3 },
        isRetryable: false,
      },
    ],
    warnings: [{ code: 'NO_SPACE_LIKELY', message: 'the targets may not fit into the free space' }],
  })
}

import type { PlannedEvent, ProgressEvent } from '../../src/cli/terminal/progress-figures.ts'
import type { MigrateEvent } from '../../src/model/events.ts'
import type { Measurements } from '../../src/model/measurement.ts'
import type { Report } from '../../src/model/report.ts'

/** A plan of 4 files with 100 MB on two threads. */
export const PLANNED: PlannedEvent = {
  type: 'planned',
  runId: 'r1',
  targetFormat: 'ndjson',
  isTargetFormatDefault: false,
  threads: 2,
  fileCount: 4,
  totalBytes: 100_000_000,
  alreadyDone: 0,
}

/** Progress at a rate of 10 MB/s with the first thread in a file of 20 MB. */
export function progressAt(elapsedMs: number, rest: Partial<ProgressEvent> = {}): ProgressEvent {
  return {
    type: 'progress',
    doneFiles: 1,
    failedFiles: 0,
    readBytes: elapsedMs * 10_000,
    elapsedMs,
    threads: [{ file: 'a/b.csv', readBytes: 5_000_000, sizeBytes: 20_000_000 }, null],
    ...rest,
  }
}

export const FILE_DONE: MigrateEvent = {
  type: 'file-done',
  file: 'a/b.csv',
  sizeBytes: 20_000_000,
  targetBytes: 40_000_000,
  records: { read: 1000, written: 998, rejected: 2, filtered: 0 },
  rejectCodes: { FIELD_COUNT: 2 },
  durationMs: 2000,
}

export const FILE_FAILED: MigrateEvent = {
  type: 'file-failed',
  file: 'a/\u001b[31mbad.csv',
  error: {
    code: 'UNTERMINATED_QUOTE',
    phase: 'parse',
    message: 'the quote opened at byte 7 is still open at the end',
    hint: '--unterminated-quote reject rejects just that record',
    position: { file: 'a/\u001b[31mbad.csv', line: 3, byte: 5 },
    isRetryable: false,
  },
}

/** The report of a run that converted 3 of 3 files. */
export function sampleReport(rest: Partial<Report> = {}): Report {
  return {
    reportVersion: 1,
    droverVersion: '0.1.0',
    runId: 'r1',
    startedAt: '2026-11-27T21:03:12.345Z',
    cpu: 'A CPU @ 2.00GHz',
    sourceRoot: 'old',
    targetRoot: 'new',
    targetFormat: 'ndjson',
    isTargetFormatDefault: false,
    engine: 'reference',
    threads: 2,
    isDurable: true,
    planHash: 'p',
    manifestHash: 'm',
    treeHash: 'c0ffee',
    shard: null,
    merged: null,
    splitFiles: 0,
    files: { total: 3, converted: 3, alreadyDone: 0, failed: 0, notStarted: 0 },
    skipped: {
      unknownFormat: { count: 0, examples: [] },
      links: { count: 0, examples: [] },
      special: { count: 0, examples: [] },
      filteredOut: 0,
    },
    records: { read: 3000, written: 3000, rejected: 0, filtered: 0 },
    notices: {
      blankLines: 0,
      commentLines: 0,
      skippedLines: 0,
      quotesInUnquotedFields: 0,
      renamedColumns: 0,
      paddedRecords: 0,
      truncatedRecords: 0,
    },
    rejectCodes: {},
    unseenColumns: null,
    standingRejects: { files: 0, records: 0 },
    rejectsFolder: 'new/.migrate/rejects',
    sourceBytes: 100_000_000,
    targetBytes: 200_000_000,
    time: { realMs: 10_000, userMs: 18_000, systemMs: 500 },
    rates: { megabytesPerSecond: 10, recordsPerSecond: 300, secondsPerGb: 100, minutesPerGb: 1.667 },
    measured: null,
    stageNs: { read: 1e9, parse: 2e9, map: 0, encode: 3e9, write: 1e9, sync: 5e8 },
    cluster: null,
    failures: [],
    warnings: [],
    orphans: { count: 0, examples: [], arePruned: false },
    stopped: null,
    ...rest,
  }
}

const busyOf = (seconds: number) => ({ busyNs: seconds * 1e9, onCpuNs: seconds * 1e9, runQueueNs: 0, waitingNs: 0 })

/** What a CPU-bound run on two threads measured. */
export function sampleMeasurements(rest: Partial<Measurements> = {}): Measurements {
  const slowest: Measurements['slowestFiles'][number] = {
    file: 'a/b.csv',
    thread: 0,
    startMs: 100,
    endMs: 8100,
    sourceBytes: 90_000_000,
    targetBytes: 180_000_000,
    records: 2000,
    rejected: 0,
    attempt: 1,
    stageNs: { read: 1e9, parse: 3e9, map: 0, encode: 3e9, write: 1e9, sync: 0 },
    busy: busyOf(8),
    verdict: 'cpu-bound',
  }
  return {
    source: 'thread-schedstat',
    verdict: {
      kind: 'cpu-bound',
      evidence: 'on CPU 97%',
      advice: 'more threads will not help',
      shares: { onCpu: 0.97, runQueue: 0.01, waiting: 0.02 },
    },
    busy: busyOf(18),
    threads: [
      { thread: 0, files: 1, sourceBytes: 90_000_000, busy: busyOf(10) },
      { thread: 1, files: 2, sourceBytes: 10_000_000, busy: busyOf(8) },
    ],
    oneMoreThread: null,
    copyFloor: { seconds: 7.8, ratio: 1.28 },
    slowestFiles: [slowest],
    costliestFiles: [],
    files: [slowest],
    filesLeftOut: 2,
    timeline: [],
    system: { cores: 2, cpuQuota: null, storage: null, pressure: null, stealShare: null, peakMemoryBytes: 1e8 },
    tuning: null,
    ...rest,
  }
}

import { fitScaling } from '../../src/bench/fit-scaling.ts'
import { summarizeCost } from '../../src/bench/costs.ts'
import type { BenchReport } from '../../src/model/bench-report.ts'

/** A benchmark of a gigabyte, whose runs took these seconds. */
export function benchReportOf(walls: Readonly<Record<string, readonly number[]>>): BenchReport {
  const points = Object.entries(walls).map(([label, seconds]) => ({
    label,
    threads: label === 'auto' ? null : Number(label),
    verdict: null,
    ...summarizeCost(
      seconds.map((wallSeconds) => ({ wallSeconds, userSeconds: wallSeconds, systemSeconds: 0, peakBytes: 1e8 })),
      1e9,
    ),
  }))
  return {
    benchVersion: 1,
    droverVersion: '0.1.0',
    startedAt: '2026-11-23T00:00:00.000Z',
    machine: { cpu: 'A CPU', cores: 2, memoryBytes: 8e9, platform: 'Linux', node: 'v20.20.2', load: 0 },
    work: {
      sourceRoot: '/data/<in>',
      files: 8,
      sourceBytes: 1e9,
      targetBytes: 2e9,
      targetFormat: 'ndjson',
      engine: 'kernel',
      isDurable: true,
      planHash: '',
      manifestHash: '',
      treeHash: 'ab'.repeat(32),
    },
    runs: 3,
    warmup: 1,
    kinds: [
      {
        kind: 'cpu-bound',
        conditions: ['Warm & quiet.'],
        pacing: null,
        isCold: false,
        points,
        best: points[0]?.label ?? '',
        model: null,
        modelNote: 'No model.',
      },
    ],
    ladders: [],
    baseline: null,
  }
}

/** Both kinds at four numbers of threads and `auto`, with a model each, and a ladder of three steps. */
export function measuredBench(): BenchReport {
  const walls = {
    1: [10, 10.1, 9.9],
    2: [5.4, 5.5, 5.6],
    4: [3.9, 4, 4.1],
    8: [4.1, 4.2, 4.4],
    auto: [5, 4.9, 5.1],
  }
  const plain = benchReportOf(walls)
  const [one] = plain.kinds
  if (one === undefined) throw new Error('a benchmark has a kind')
  const points = one.points.map((point) => ({
    ...point,
    verdict: 'cpu-bound' as const,
    peakBytes: point.threads === 8 ? 1.2e9 : 1e8,
  }))
  const measured = points.flatMap(({ threads, megabytesPerSecond }) =>
    threads === null ? [] : [{ threads, throughput: megabytesPerSecond }],
  )
  const cpuBound = { ...one, points, best: '4', model: fitScaling(measured) }
  const steps = [
    ['stream engine, 1 thread', 150],
    ['reference, 1 thread', 9],
    ['kernels, 2 threads', 1.5],
  ] as const
  return {
    ...plain,
    kinds: [cpuBound, { ...cpuBound, kind: 'io-bound' }],
    ladders: [
      {
        kind: 'cpu-bound',
        steps: steps.map(([name, wallSeconds], index) => ({
          name,
          workers: 1,
          cost: summarizeCost([{ wallSeconds, userSeconds: wallSeconds, systemSeconds: 0, peakBytes: 1e8 }], 1e9),
          sourceBytes: 1e9,
          factor: index === 0 ? null : (steps[index - 1]?.[1] ?? 0) / wallSeconds,
          factorOverFirst: index === 0 ? null : steps[0][1] / wallSeconds,
          note: '',
        })),
      },
    ],
  }
}

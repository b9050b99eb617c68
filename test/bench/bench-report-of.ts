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

import type { BenchCost, BenchSample } from '../model/bench-report.ts'
import { describeNoise, median, summarize } from './statistics.ts'

/** What some runs of the same work cost, beside how sure that is. */
export function summarizeCost(samples: readonly BenchSample[], sourceBytes: number): BenchCost {
  const walls = samples.map(({ wallSeconds }) => wallSeconds)
  const wall = summarize(walls)
  const secondsPerGb = wall.median / (sourceBytes / 1e9)
  return {
    samples: [...samples],
    wall,
    userSeconds: median(samples.map(({ userSeconds }) => userSeconds)),
    systemSeconds: median(samples.map(({ systemSeconds }) => systemSeconds)),
    peakBytes: Math.max(...samples.map(({ peakBytes }) => peakBytes)),
    megabytesPerSecond: 1000 / secondsPerGb,
    secondsPerGb,
    minutesPerGb: secondsPerGb / 60,
    warnings: describeNoise(walls),
  }
}

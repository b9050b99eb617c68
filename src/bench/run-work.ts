import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { MigrationError } from '../errors/migration-error.ts'
import { printableName } from '../errors/printable-name.ts'
import { readJournals } from '../commit/journal/journal-reader.ts'
import { comparePathBytes, hashTree, type TreeTarget } from '../commit/tree-hash.ts'
import type { BenchSample } from '../model/bench-report.ts'
import type { MigrateOptions } from '../options/options.ts'
import { ReportSchema } from '../model/report.ts'
import { measureProcess } from './measure-process.ts'

/** Options of a measured run: where its targets go is not up to them. Paths are absolute. */
export type WorkOptions = Omit<MigrateOptions, 'out'>

export interface WorkResult {
  readonly sample: BenchSample
  readonly treeHash: string
  readonly sourceBytes: number
  readonly targetBytes: number
  /** Files that several threads converted together. */
  readonly splitFiles: number
  readonly verdict: NonNullable<RunFigures['measured']>['verdict']
}

/** What a measured run ends with where all its files are there: done, or done with rejects. */
const GOOD_EXITS: ReadonlySet<number> = new Set([0, 12])

/** What is read of the report of a run. */
const RunFiguresSchema = ReportSchema.pick({
  treeHash: true,
  sourceBytes: true,
  targetBytes: true,
  splitFiles: true,
  measured: true,
})

type RunFigures = ReturnType<typeof RunFiguresSchema.parse>

/**
 * Converts once, each part in a process of its own and all at the same time, and removes the targets.
 * @param folder for the targets; nothing is left in it.
 * @throws MigrationError BENCH_RUN_FAILED where a run did not make all its targets; STOPPED.
 */
export async function runWork(
  program: string,
  parts: readonly WorkOptions[],
  folder: string,
  signal: AbortSignal,
): Promise<WorkResult> {
  const places = parts.map((_, number) => ({
    target: `${join(folder, `targets-${number}`)}/`,
    report: join(folder, `report-${number}.json`),
    options: join(folder, `options-${number}.json`),
  }))
  try {
    places.forEach((place, number) => writeFileSync(place.options, JSON.stringify(parts[number])))
    const startMs = performance.now()
    const processes = await Promise.all(
      places.map(({ target, report, options }) =>
        measureProcess(program, ['run', '--config', options, '--out', target, '--report', report, '--quiet'], signal),
      ),
    )
    const wallSeconds = (performance.now() - startMs) / 1000
    for (const { exitCode, stderr } of processes) if (!GOOD_EXITS.has(exitCode)) throw runFailed(exitCode, stderr)
    const figures = places.map(({ report }) => RunFiguresSchema.parse(JSON.parse(readFileSync(report, 'utf8'))))
    const [only] = processes
    const isAlone = processes.length === 1 && only !== undefined
    return {
      sample: {
        wallSeconds: isAlone ? only.wallSeconds : wallSeconds,
        userSeconds: sum(processes.map(({ userSeconds }) => userSeconds)),
        systemSeconds: sum(processes.map(({ systemSeconds }) => systemSeconds)),
        peakBytes: sum(processes.map(({ peakBytes }) => peakBytes)),
      },
      treeHash: figures[0]?.treeHash && isAlone ? figures[0].treeHash : await hashTrees(places.map((p) => p.target)),
      sourceBytes: sum(figures.map(({ sourceBytes }) => sourceBytes)),
      targetBytes: sum(figures.map(({ targetBytes }) => targetBytes)),
      splitFiles: sum(figures.map(({ splitFiles }) => splitFiles)),
      verdict: (isAlone && figures[0]?.measured?.verdict) || null,
    }
  } finally {
    for (const place of places) {
      for (const path of Object.values(place)) rmSync(path, { recursive: true, force: true, maxRetries: 3 })
    }
  }
}

/** @throws MigrationError RESULTS_DIFFER */
export function requireSame(expected: string | null, treeHash: string, name: string): void {
  if (expected === null || expected === treeHash) return
  throw new MigrationError(
    'RESULTS_DIFFER',
    `${name}: other targets than the runs before made (tree hash ${treeHash.slice(0, 12)}, not ${expected.slice(0, 12)})`,
    { phase: 'commit', hint: 'did the sources change meanwhile? If not, this is a fault of Drover: please report it' },
  )
}

/** The tree hash that one run would have had for the targets of several. */
async function hashTrees(targetRoots: readonly string[]): Promise<string> {
  const targets: TreeTarget[] = []
  for (const root of targetRoots) {
    const take = (entry: { target: string; targetBytes: number; targetHash: string }): void => {
      targets.push({ path: entry.target, sizeBytes: entry.targetBytes, hash: entry.targetHash })
    }
    await readJournals(root, take)
  }
  return hashTree(targets.sort((a, b) => comparePathBytes(a.path, b.path)))
}

function runFailed(exitCode: number, stderr: string): MigrationError {
  const reason =
    stderr
      .trim()
      .split('\n')[0]
      ?.replace(/^migrate: /, '') ?? ''
  return new MigrationError(
    'BENCH_RUN_FAILED',
    `a measured run ended with exit code ${exitCode}: ${printableName(reason)}`,
    { phase: 'worker', hint: 'migrate run with the same options tells more' },
  )
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

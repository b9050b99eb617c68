import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, isAbsolute, resolve } from 'node:path'
import { compareBaseline, requireComparable } from '../../bench/compare-baseline.ts'
import { runBench } from '../../bench/run-bench.ts'
import { fromWireError, isSystemError, MigrationError, toWireError } from '../../errors/migration-error.ts'
import { printableName } from '../../errors/printable-name.ts'
import { BenchReportSchema, type BenchReport } from '../../model/bench-report.ts'
import { findBuilt } from '../../system/installed-files.ts'
import { OptionsSchema } from '../../options/options.ts'
import { renderCsv } from '../bench/render-csv.ts'
import { renderHtml } from '../bench/render-html.ts'
import { renderMarkdown } from '../bench/render-markdown.ts'
import { renderTerminal } from '../bench/render-terminal.ts'
import type { BenchOptions } from '../settings/bench-options.ts'
import { checkBench, checkSettings } from '../settings/check-settings.ts'
import { EXIT_CODES, exitCodeOfError, exitCodeOfSignal } from '../exit-code.ts'
import { findFlag } from '../flags.ts'
import { formatError } from '../terminal/format-error.ts'
import { paintFor } from '../host.ts'
import type { Host } from '../host.ts'
import type { Settings } from '../settings/resolve-settings.ts'
import { watchSignals } from '../signals.ts'
import { wrongUse } from '../settings/wrong-use.ts'

/** What is measured where the user does not say. */
const DEFAULT_THREADS = '1,2,4,8'

/**
 * `migrate bench`: measures the same work at several numbers of threads, prints and exports the results, and compares them with
 * earlier ones. @returns the exit code: 14 when slower than the baseline.
 */
export async function benchCommand(settings: Settings, host: Host): Promise<number> {
  const bench = checkBench(settings)
  const threads = readThreads(settings, bench)
  // Where targets go is up to the benchmark; `--out` only says near what.
  const { options, resolved, display } = checkSettings(withoutOwn(settings))
  const out = settings.get('out')?.value
  const baseline = bench.baseline === undefined ? null : readBaseline(bench.baseline)
  if (baseline !== null) requireComparable(baseline, { labels: threads }, printableName(bench.baseline ?? ''))
  const watch = watchSignals(
    host.signals,
    (signal) => host.stderr.write(`${signal}: stopping; what was written is removed\n`),
    host.endProcess,
  )
  try {
    const { in: source, out: _, bwlimit, latency, ...rest } = options
    const measured = await runBench(
      {
        options: absolutePaths({ ...rest, in: source }, host.cwd),
        out: typeof out === 'string' ? resolve(host.cwd, out) : null,
        threads,
        runs: bench.runs,
        warmup: bench.warmup,
        isCold: bench.cold,
        pacing:
          bwlimit === undefined && latency === undefined
            ? null
            : { bytesPerSecond: resolved.bwlimit ?? null, latencyMs: resolved.latency ?? 0 },
        hasLadder: bench.ladder,
        program: findBuilt(PROGRAM_PLACES, import.meta.url),
      },
      {
        signal: watch.signal,
        onRun: (done, total, text) => {
          if (!display.quiet) host.stderr.write(`[${done}/${total}] ${text}\n`)
        },
      },
    )
    const comparison = baseline && compareBaseline(measured, baseline, printableName(bench.baseline ?? ''))
    const report: BenchReport = { ...measured, baseline: comparison }
    host.stdout.write(renderTerminal(report, paintFor(host.stdout, host.env)))
    const exportError = writeExports(report, bench)
    if (exportError !== null) {
      host.stderr.write(formatError(exportError))
      return EXIT_CODES.unexpected
    }
    return comparison?.rows.some(({ outcome }) => outcome === 'slower') ? EXIT_CODES.slower : EXIT_CODES.done
  } catch (thrown) {
    const error = thrown instanceof MigrationError ? thrown : fromWireError(toWireError(thrown, { phase: 'worker' }))
    host.stderr.write(formatError(error))
    return exitCodeOfSignal(watch.received) ?? exitCodeOfError(error)
  } finally {
    watch.stop()
  }
}

/** Labels of what is measured, each once. @throws MigrationError WRONG_USE */
function readThreads(settings: Settings, bench: BenchOptions): string[] {
  const given = settings.get('threads')
  if (given?.origin.from === 'flag' && settings.get('parameterList')?.origin.from === 'flag') {
    throw wrongUse('--threads and --parameter-list say the same', 'leave one of them out')
  }
  const list = bench.parameterList ?? (given === undefined ? DEFAULT_THREADS : String(given.typed))
  const labels = list.split(',').map((label) => label.trim())
  for (const label of labels) {
    if (OptionsSchema.shape.threads.safeParse(label === '' ? null : label).success) continue
    const name = bench.parameterList === undefined ? (given?.origin.name ?? '--threads') : '--parameter-list'
    throw wrongUse(
      `${name}: "${printableName(label)}" is not a number of threads`,
      'a list is like 1,2,4,8 or 1,100%,auto',
    )
  }
  return [...new Set(labels)]
}

/** The settings of a run, without those that a benchmark reads in its own way. */
function withoutOwn(settings: Settings): Settings {
  const own = new Map(settings)
  own.delete('threads')
  const origin = { from: 'flag' as const, name: '--out' }
  own.set('out', settings.get('out') ?? { value: 'measured', typed: 'measured', origin })
  return own
}

/** The measured runs have their options from a file elsewhere. */
function absolutePaths<Options extends object>(options: Options, folder: string): Options {
  const entries = Object.entries(options).map(([key, value]) => {
    if (findFlag(key)?.isPath !== true) return [key, value]
    return [key, Array.isArray(value) ? value.map((path) => absolute(path, folder)) : absolute(value, folder)]
  })
  return Object.fromEntries(entries) as Options
}

function absolute(path: unknown, folder: string): unknown {
  // Not resolve: a slash at the end may mean something.
  return typeof path !== 'string' || isAbsolute(path) ? path : `${folder}/${path}`
}

/** The built command line, as seen from a chunk, from a module of the library, and from the source. */
const PROGRAM_PLACES = ['../bin/migrate.js', '../../../bin/migrate.js', '../../../dist/bin/migrate.js']

/** @throws MigrationError WRONG_USE where it is no benchmark of this program. */
function readBaseline(path: string): BenchReport {
  const shown = `--baseline ${printableName(path)}`
  let content: unknown
  try {
    content = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    const reason = isSystemError(error) ? (error.code ?? 'a system error') : 'it is no JSON'
    throw wrongUse(`${shown} cannot be read: ${reason}`, 'give a file that --export-json wrote')
  }
  const parsed = BenchReportSchema.safeParse(content)
  if (parsed.success) return parsed.data
  const place = parsed.error.issues[0]?.path.join('.') ?? ''
  const where = place === '' ? '' : ` (${printableName(place)})`
  throw wrongUse(`${shown} is no benchmark of this version${where}`, 'give a file that --export-json wrote')
}

/** The results are printed by then: a file that cannot be written is told, and nothing is lost. */
function writeExports(report: BenchReport, bench: BenchOptions): MigrationError | null {
  const exports = [
    [bench.exportJson, '--export-json', () => `${JSON.stringify(report, null, 2)}\n`],
    [bench.exportCsv, '--export-csv', () => renderCsv(report)],
    [bench.exportMarkdown, '--export-markdown', () => renderMarkdown(report)],
    [bench.exportHtml, '--export-html', () => renderHtml(report)],
  ] as const
  let error: MigrationError | null = null
  for (const [path, flag, render] of exports) {
    if (path === undefined) continue
    try {
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, render())
    } catch (thrown) {
      const { code, message } = toWireError(thrown, { phase: 'write', file: path })
      const text = `${flag} ${printableName(path)} cannot be written: ${message}`
      error = new MigrationError(code, text, { phase: 'write' })
    }
  }
  return error
}

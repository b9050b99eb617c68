import type { Flag, FlagKey } from './flag.ts'

/** How `migrate bench` measures. */
export const BENCH_FLAGS: readonly Flag[] = [
  {
    key: 'parameterList',
    kind: 'words',
    short: '-L',
    group: 'Bench',
    placeholder: 'threads LIST',
    commands: ['bench', 'config'],
    help: 'numbers of threads to measure, as hyperfine has it: -L threads 1,2,4,8',
  },
  {
    key: 'runs',
    kind: 'text',
    short: '-r',
    group: 'Bench',
    placeholder: 'N',
    commands: ['bench', 'config'],
    help: 'measured runs of each',
  },
  {
    key: 'warmup',
    kind: 'text',
    short: '-w',
    group: 'Bench',
    placeholder: 'N',
    commands: ['bench', 'config'],
    help: 'runs of each before that, which do not count',
  },
  {
    key: 'cold',
    kind: 'boolean',
    group: 'Bench',
    commands: ['bench', 'config'],
    help: 'I/O-bound runs: drop the sources from the page cache first',
  },
  {
    key: 'ladder',
    kind: 'boolean',
    group: 'Bench',
    commands: ['bench', 'config'],
    help: 'also measure what async, processes, threads and better code each bring',
  },
  exportFlag('exportJson', 'write the results as JSON, for --baseline and other programs'),
  exportFlag('exportCsv', 'write them as CSV: a row for each number of threads'),
  exportFlag('exportMarkdown', 'write them as Markdown tables'),
  exportFlag('exportHtml', 'write them as a page that needs nothing else, with the curves'),
  {
    key: 'baseline',
    kind: 'text',
    group: 'Bench',
    placeholder: 'FILE',
    isPath: true,
    commands: ['bench', 'config'],
    help: 'compare with an earlier --export-json; exit code 14 when slower beyond the noise',
  },
]

/** Flags of a run that have no meaning for a benchmark: it always converts everything, to a place of its own, and draws nothing. */
export const NOT_FOR_BENCH: ReadonlySet<FlagKey> = new Set<FlagKey>([
  'overwrite',
  'prune',
  'shard',
  'force',
  'unlock',
  'errorOnEmpty',
  'dryRun',
  'explain',
  'overlap',
  'progress',
  'stats',
  'statsOneLine',
  'verbose',
  'logLevel',
  'logFile',
  'useJsonLog',
  'report',
])

function exportFlag(key: 'exportJson' | 'exportCsv' | 'exportMarkdown' | 'exportHtml', help: string): Flag {
  const placeholder = 'FILE'
  return { key, kind: 'text', group: 'Bench', placeholder, isPath: true, commands: ['bench', 'config'], help }
}

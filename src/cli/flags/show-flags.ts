import type { Flag } from './flag.ts'

/** What is told, and where. */
export const SHOW_FLAGS: readonly Flag[] = [
  {
    key: 'progress',
    kind: 'boolean',
    short: '-P',
    group: 'Show',
    help: 'draw a bar (default: on a terminal outside CI)',
  },
  {
    key: 'stats',
    kind: 'text',
    group: 'Show',
    placeholder: 'TIME',
    default: '10s',
    help: 'where nothing is drawn, say how far it is this often; 0: never',
  },
  { key: 'statsOneLine', kind: 'boolean', group: 'Show', help: 'say it in one line' },
  {
    key: 'verbose',
    kind: 'count',
    short: '-v',
    group: 'Show',
    help: '-v: a line for each thread; -vv: also each finished file, and times by stage',
  },
  { key: 'quiet', kind: 'boolean', short: '-q', group: 'Show', help: 'errors only' },
  {
    key: 'logLevel',
    kind: 'text',
    group: 'Show',
    placeholder: 'LEVEL',
    default: 'info',
    help: 'debug, info, warn or error: least level of log lines',
  },
  {
    key: 'logFile',
    kind: 'text',
    group: 'Show',
    placeholder: 'FILE',
    isPath: true,
    help: 'append log lines (NDJSON) to a file',
  },
  {
    key: 'useJsonLog',
    kind: 'boolean',
    group: 'Show',
    help: 'log lines (NDJSON) on standard error, and nothing else there',
  },
  {
    key: 'report',
    kind: 'list',
    group: 'Show',
    placeholder: 'FILE.json',
    isPath: true,
    commands: ['run', 'config'],
    help: 'write the report to a file',
  },
  { key: 'explain', kind: 'boolean', group: 'Show', help: 'with the plan: which filter rule took or left each path' },
]

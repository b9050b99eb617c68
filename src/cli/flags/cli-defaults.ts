/** The defaults of what only the command line has, as a user would type them: here and nowhere else. */
export const CLI_DEFAULTS = {
  stats: '10s',
  logLevel: 'info',
  runs: 3,
  warmup: 1,
  queue: 'drover',
  shardFiles: 5000,
  listen: '127.0.0.1:4880',
} as const

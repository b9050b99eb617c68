/*
 * Calls that change files are made in src/storage, which looks before it touches. Elsewhere only these, each for its reason: a path is either
 * the user's own word, or the folder was looked at or is held by who calls. What is listed and not there any more is a fault as well.
 */

const NAMED_BY_USER = 'a file that the user names, outside of any tree of ours'
const BENCH = 'scratch folders of `migrate bench`, which it makes itself under names that nobody had'

/** Each by its file: the calls, and why. */
export const EXCEPTIONS = {
  'src/bench/ladder.ts': { calls: ['mkdirSync', 'writeFileSync'], reason: BENCH },
  'src/bench/run-bench.ts': { calls: ['mkdirSync'], reason: BENCH },
  'src/bench/run-work.ts': { calls: ['rmSync', 'writeFileSync'], reason: BENCH },
  'src/bench/sample-sources.ts': { calls: ['copyFileSync', 'mkdirSync', 'writeFileSync'], reason: BENCH },
  'src/bench/scratch.ts': { calls: ['mkdtempSync', 'rmSync'], reason: BENCH },
  'src/cli/commands/bench-command.ts': { calls: ['mkdirSync', 'writeFileSync'], reason: NAMED_BY_USER },
  'src/cli/report/write-reports.ts': { calls: ['mkdirSync', 'writeFileSync'], reason: NAMED_BY_USER },
  'src/control/recording.ts': { calls: ['mkdirSync', 'openSync', 'writeFileSync'], reason: NAMED_BY_USER },
  'src/report/cpu-profile.ts': { calls: ['writeFileSync'], reason: NAMED_BY_USER },
}

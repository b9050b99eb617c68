import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { main } from '../../src/cli/main.ts'
import { memoryFolder } from '../support/temporary-folder.ts'
import { fakeHost } from './fake-host.ts'

const BOTH = '--in a --out b'

const TWICE = 'it takes one value: leave one out (a shell alias or a script may have set the other)'
const FORMAT_HINT = '--to says what targets become; --from says what all sources are'
const ROOT_HINT = 'it is the folder below which this machine has both trees'
const ALONE_HINT = 'add --cluster URL, or leave it out to convert on this machine alone'
const EXPORT_TO_PIPE = '--export-json "-": pipes are not read or written: name a file (one called "-" is "./-")'

describe('wrong use is one line and a hint, exit code 2:', () => {
  type Case = [argv: string, message: string, hint?: string]
  const CASES: readonly Case[] = [
    ['', '--in and --out are missing', 'for example: migrate --in old/ --out new/'],
    ['plan --in a', '--out is missing', 'for example: migrate plan --in old/ --out new/'],
    ['bench', '--in is missing', 'for example: migrate bench --in old/'],
    [`${BOTH} --format csv`, 'unknown flag --format', FORMAT_HINT],
    [`${BOTH} --output-format=csv`, 'unknown flag --output-format', FORMAT_HINT],
    ['run --in a', '--out is missing', 'for example: migrate --in old/ --out new/'],
    ['--thread 8', 'unknown flag --thread', 'did you mean --threads?'],
    ['--thread=8', 'unknown flag --thread', 'did you mean --threads?'],
    ['plan --input a', 'unknown flag --input', 'did you mean --in?'],
    ['--no-fsyncs', 'unknown flag --no-fsyncs', 'did you mean --no-fsync?'],
    ['-x', 'unknown flag -x', 'migrate --help lists all flags'],
    // Flags of later versions are not known yet, and never silently ignored.
    [`${BOTH} --sample 5`, 'unknown flag --sample', 'migrate --help lists all flags'],
    ['paln', 'unknown command "paln"', 'did you mean "migrate plan"?'],
    [
      'old new',
      'unknown command "old"',
      'commands are run, plan, bench, config, report, worker, status, dashboard; paths are given with --in and --out',
    ],
    ['--in a plan', 'unexpected argument "plan"', 'put the command first: migrate plan ...'],
    [
      '--in a.csv b.csv',
      'unexpected argument "b.csv"',
      'paths are given with --in and --out; quote a glob, so that the shell leaves it alone',
    ],
    ['--in --out b', '--in needs a value, but --out follows'],
    [`${BOTH} --skip`, '--skip needs a value', 'migrate --help lists all flags'],
    ['--fsync=no', '--fsync takes no value', 'its opposite is --no-fsync'],
    ['--no-fsync=1', '--no-fsync takes no value', 'its opposite is --fsync'],
    [`${BOTH} --threads many`, '--threads "many" is not a number of threads (like 8, 50%, +2 or auto)'],
    [`${BOTH} --to cvs`, '--to "cvs" is not one of csv, tsv, ndjson, json', 'did you mean csv?'],
    [`${BOTH} --to jsonl`, '--to "jsonl" is not one of csv, tsv, ndjson, json', 'did you mean ndjson?'],
    [`${BOTH} --from JSON-Lines`, '--from "JSON-Lines" is not one of csv, tsv, ndjson, json', 'did you mean ndjson?'],
    [`${BOTH} --to tab`, '--to "tab" is not one of csv, tsv, ndjson, json', 'did you mean tsv?'],
    [`${BOTH} --to parquet`, '--to "parquet" is not one of csv, tsv, ndjson, json'],
    // All that is wrong is told at once, whichever part of the program it is for.
    [
      '--in a --skip x --to jsonl --log-level loud --retries 101',
      '--log-level "loud" is not one of debug, info, warn, error; ' +
        '--to "jsonl" is not one of csv, tsv, ndjson, json (did you mean ndjson?); ' +
        '--skip "x" is not a number; --retries "101" is too large: the most is 100',
    ],
    ['bench --runs 0 --in a --skip x', '--runs "0" is too small: the least is 1; --skip "x" is not a number'],
    [`${BOTH} --skip x`, '--skip "x" is not a number'],
    [`${BOTH} --skip 1.5`, '--skip "1.5" is not a whole number'],
    [`${BOTH} --retries -1`, '--retries "-1" is too small: the least is 0'],
    [`${BOTH} --retries 101`, '--retries "101" is too large: the most is 100'],
    [`${BOTH} --delim ab`, '--delim "ab": a delimiter must be one ASCII character'],
    [`${BOTH} --min-size big`, '--min-size "big" is not a size (like 500, 64k, 16MiB or 1.5G)'],
    [`${BOTH} --stats soon`, '--stats "soon" is not a duration (like 10s, 1.5h or 2d)'],
    [`${BOTH} --latency 1m1ms`, '--latency "1m1ms" is too long: the most is 1m'],
    [`${BOTH} --task-timeout 25d`, '--task-timeout "25d" is too long: the most is 20d'],
    [`${BOTH} --min-age 1001y`, '--min-age "1001y" is too long: the most is 1000y'],
    [`${BOTH} --max-size 1025T`, '--max-size "1025T" is too large: the most is 1024T'],
    [`${BOTH} --min-age 1h30x`, '--min-age "1h30x" is not a duration (like 10s, 1.5h or 2d)'],
    [`${BOTH} --report r.pdf`, '--report "r.pdf": the name of a report must end in .json, .csv, .md, .markdown, .html'],
    [`${BOTH} --log-level loud`, '--log-level "loud" is not one of debug, info, warn, error'],
    ['--in= --out b', '--in must not be empty'],
    ['--threads many', '--threads "many" is not a number of threads (like 8, 50%, +2 or auto)'],
    [`${BOTH} --explain`, '--explain belongs to the plan', 'add --dry-run, or use: migrate plan --explain'],
    [`${BOTH} -n --report r.json`, '--report needs a run, but --dry-run only plans'],
    ['plan --report r.json', 'unknown flag --report', 'it belongs to "migrate run"'],
    ['worker --cluster redis://h --bwlimit 1M', 'unknown flag --bwlimit', 'it belongs to "migrate run"'],
    ['dashboard --cluster redis://h --threads 2', 'unknown flag --threads', 'it belongs to "migrate run"'],
    ['--in \u001b[31m --out b --to \u001b', '--to "\\x1b" is not one of csv, tsv, ndjson, json'],
    // One value cannot be two; the last one would win silently.
    ['--in a --in c --out b', '--in is given twice: "a" and "c"', TWICE],
    ['--in=a --in=a --out b', '--in is given twice: "a" and "a"', TWICE],
    ['run --skip 1 --in a --skip 2', '--skip is given twice: "1" and "2"', TWICE],
    ['plan --out \u001b --out b', '--out is given twice: "\\x1b" and "b"', TWICE],
    ['bench --runs 3 -r 5', '--runs is given twice: "3" and "5"', TWICE],
    ['config --delim ; --delim tab', '--delim is given twice: ";" and "tab"', TWICE],
    ['worker --cluster redis://h --root /not/there', '--root /not/there is not there', ROOT_HINT],
    ['dashboard --cluster redis://h --root /dev/null', '--root /dev/null is no folder', ROOT_HINT],
    ['--in a --out b --root /', '--root is for a run on a cluster, but --cluster is missing', ALONE_HINT],
    ['--in a --out b --queue q', '--queue is for a run on a cluster, but --cluster is missing', ALONE_HINT],
    ['worker --root /a --root /b', '--root is given twice: "/a" and "/b"', TWICE],
    ['report a.json --as html --as csv', '--as is given twice: "html" and "csv"', TWICE],
    ['status --cluster redis://:secret@a --cluster b', '--cluster is given twice: its values are not shown', TWICE],
    [`${BOTH} --fsync --no-fsync`, '--fsync is given twice: as --fsync and as --no-fsync', TWICE],
    [`${BOTH} --no-progress -q -P`, '--progress is given twice: as --progress and as --no-progress', TWICE],
    // Pipes are no files, and "-" is no name for one.
    ['--in - --out b', '--in "-": pipes are not read or written: name a file (one called "-" is "./-")'],
    ['--in a --out -', '--out "-": pipes are not read or written: name a file (one called "-" is "./-")'],
    [`${BOTH} --trace -`, '--trace "-": pipes are not read or written: name a file (one called "-" is "./-")'],
    [`${BOTH} --log-file=-`, '--log-file "-": pipes are not read or written: name a file (one called "-" is "./-")'],
    [
      `${BOTH} --files-from a --files-from -`,
      '--files-from "-": pipes are not read or written: name a file (one called "-" is "./-")',
    ],
    ['bench --in a --export-json -', EXPORT_TO_PIPE],
  ]
  it.each(CASES)('migrate %s', async (argv, message, hint) => {
    const host = fakeHost(
      argv.split(' ').filter((word) => word !== ''),
      { cwd: memoryFolder() },
    )
    expect(await main(host)).toBe(2)
    expect(host.stderr.text).toBe(`migrate: ${message}\n${hint === undefined ? '' : `  ${hint}\n`}`)
    expect(host.stdout.text).toBe('')
  })

  it.each([
    ['a variable', { MIGRATE_THREADS: 'many' }, '', 'MIGRATE_THREADS "many" is not a number of threads'],
    ['a variable that is yes or no', { MIGRATE_FORCE: 'maybe' }, '', 'MIGRATE_FORCE "maybe" is not yes or no'],
    ['a negated variable', { MIGRATE_NO_FSYNC: 'x' }, '', 'MIGRATE_NO_FSYNC "x" is not yes or no'],
    ['a configuration file', {}, 'threads: many', 'threads "many" is not a number of threads'],
    [
      'the type of a key',
      {},
      'nullstr: 0',
      'nullstr 0 is not text (put it in quotes), in migrate.config.yaml, line 1, column 10',
    ],
    [
      'a list that should be a number',
      {},
      'threads: [8]',
      'threads [8] is not a number or text (put it in quotes), in migrate',
    ],
  ])('in %s', async (_, env, file, message) => {
    const cwd = memoryFolder()
    if (file !== '') writeFileSync(join(cwd, 'migrate.config.yaml'), file)
    const host = fakeHost(['--in', 'a', '--out', 'b'], { cwd, env })
    expect(await main(host)).toBe(2)
    expect(host.stderr.text).toContain(`migrate: ${message}`)
    expect(host.stderr.text.split('\n')).toHaveLength(2)
  })
})

describe('what may be given several times:', () => {
  it.each([
    ['--include a --include b', 'include: ["a","b"]'],
    ['--select a --select b', 'select: ["a","b"]'],
    ['--report a.json --report b.html', 'report: ["a.json","b.html"]'],
    ['--filter -a --filter +b', 'filter: ["-a","+b"]'],
    ['-v -v', 'verbose: 2'],
    ['-q --quiet', 'quiet: true'],
    ['--no-fsync --no-fsync', 'fsync: false'],
  ])('%s', async (argv, line) => {
    const host = fakeHost(['config', ...argv.split(' ')])
    expect(await main(host)).toBe(0)
    expect(host.stdout.text).toContain(line)
  })
})

it('two variables that say the opposite are refused', async () => {
  const host = fakeHost(['config'], { cwd: memoryFolder(), env: { MIGRATE_FSYNC: '1', MIGRATE_NO_FSYNC: '1' } })
  expect(await main(host)).toBe(2)
  expect(host.stderr.text).toBe('migrate: MIGRATE_FSYNC and MIGRATE_NO_FSYNC are both set\n  leave one of them out\n')
})

describe('help and version', () => {
  it.each([
    [['--help'], 'Usage: migrate [run] --in PATH'],
    [['-h'], 'Usage: migrate [run] --in PATH'],
    [['run', '--help'], 'Usage: migrate [run] --in PATH'],
    [['plan', '--help'], 'Usage: migrate plan --in PATH --out PATH [flags]'],
    [['help', 'config'], 'Usage: migrate config [flags]'],
    [['--in', 'a', '--help'], 'Usage: migrate [run] --in PATH'],
  ])('%j prints to standard output', async (argv, start) => {
    const host = fakeHost(argv)
    expect(await main(host)).toBe(0)
    expect(host.stdout.text.startsWith(start)).toBe(true)
    expect(host.stderr.text).toBe('')
  })

  it.each([['-V'], ['--version']])('%s prints the version', async (flag) => {
    const host = fakeHost([flag])
    expect(await main(host)).toBe(0)
    expect(host.stdout.text).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  it.each(['run', 'plan', 'bench', 'config', 'report', 'worker', 'status', 'dashboard'])(
    'the help of %s has its usage, an example and its own exit codes',
    async (command) => {
      const host = fakeHost([command, '--help'])
      expect(await main(host)).toBe(0)
      expect(host.stdout.text).toMatch(
        command === 'run' ? /^Usage: migrate / : new RegExp(`^Usage: migrate ${command} `),
      )
      expect(host.stdout.text).toMatch(new RegExp(`^Example: migrate ${command === 'run' ? '--in' : command} `, 'm'))
      expect(host.stdout.text.includes('14 slower')).toBe(command === 'bench')
      expect(host.stdout.text.split('\n').filter((line) => line.length > 130)).toEqual([])
    },
  )

  it('the help of the plan leaves out what only a run has', async () => {
    const host = fakeHost(['plan', '--help'])
    await main(host)
    expect(host.stdout.text).toContain('--explain')
    expect(host.stdout.text).not.toContain('--report')
  })

  it('no line of the help is wider than 120 characters', async () => {
    const host = fakeHost(['--help'])
    await main(host)
    expect(host.stdout.text.split('\n').filter((line) => line.length > 120)).toEqual([])
  })

  it('--version prints a version alone', async () => {
    const host = fakeHost(['--version'])
    expect(await main(host)).toBe(0)
    expect(host.stdout.text).toMatch(/^\d+\.\d+\.\d+\n$/)
  })
})

async function printConfig(argv: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const host = fakeHost(['config', ...argv], { cwd, env })
  expect([await main(host), host.stderr.text]).toEqual([0, ''])
  return host.stdout.text
}

describe('migrate config', () => {
  it('says where each value comes from', async () => {
    const cwd = memoryFolder()
    writeFileSync(join(cwd, 'migrate.config.yaml'), 'delim: tab\nthreads: 2')
    const text = await printConfig(['--threads', '8', '--no-fsync'], cwd, { MIGRATE_SKIP: '3' })
    for (const line of [
      /^threads: "8" +# flag --threads$/m,
      /^fsync: false +# flag --no-fsync$/m,
      /^skip: "3" +# environment MIGRATE_SKIP$/m,
      /^delim: "\\t" +# file migrate\.config\.yaml$/m,
      /^maxRecordSize: "16MiB" +# default$/m,
      /^stats: "10s" +# default$/m,
      /^# to: +# not set$/m,
    ]) {
      expect(text).toMatch(line)
    }
  })

  it('prints a configuration file that means the same', async () => {
    const cwd = memoryFolder()
    const argv = [
      '--in',
      '/a',
      '--out',
      '/b/',
      '--include',
      '*.csv',
      '--include',
      'no',
      '--nullstr',
      '0',
      '--quote=none',
    ]
    const first = await printConfig([...argv, '-vv', '--halt', 'soon,fail=1', '--delim', '\\t'], cwd)
    writeFileSync(join(cwd, 'saved.yaml'), first)
    const second = await printConfig(['--config', 'saved.yaml'], cwd)
    expect(parse(second)).toEqual(parse(first))
    expect(parse(first)).toMatchObject({
      include: ['*.csv', 'no'],
      nullstr: '0',
      quote: 'none',
      verbose: 2,
      delim: '\t',
    })
  })
})

it('says when a variable looks like a mistyped option', async () => {
  const env = { MIGRATE_THREDS: '4' }
  const host = fakeHost(['config'], { cwd: memoryFolder(), env })
  await main(host)
  expect(host.stderr.text).toBe('migrate: MIGRATE_THREDS is not used: did you mean MIGRATE_THREADS?\n')
  const quiet = fakeHost(['config', '-q'], { cwd: memoryFolder(), env })
  await main(quiet)
  expect(quiet.stderr.text).toBe('')
})

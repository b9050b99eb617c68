import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { memoryFolder } from '../support/temporary-folder.ts'
import { fakeHost } from './fake-host.ts'

const PROGRAM = join(import.meta.dirname, '../../dist/bin/migrate.js')

interface Ended {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command line in a folder as the program does, in this process. */
async function migrate(cwd: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const host = fakeHost(args, { cwd, env })
  const exitCode = await main(host)
  return { exitCode, stdout: host.stdout.text, stderr: host.stderr.text }
}

/** Runs the built program in a folder. @param onText may act on the process once its standard error holds something. */
function startProgram(
  cwd: string,
  args: readonly string[],
  more: { readonly env?: NodeJS.ProcessEnv; readonly onText?: (kill: (signal: NodeJS.Signals) => void) => void } = {},
): Promise<Ended> {
  const child = spawn(process.execPath, [PROGRAM, ...args], { cwd, env: { PATH: process.env['PATH'], ...more.env } })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (stderr === '') more.onText?.((signal) => void child.kill(signal))
    stderr += text
  })
  return new Promise((resolve) => child.on('close', (exitCode) => resolve({ exitCode, stdout, stderr })))
}

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = memoryFolder()
  mkdirSync(join(folder, 'in'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, 'in', name), text)
  return folder
}

const GOOD = 'a,b\n1,x\n2,y\n'
const REJECTED = 'a,b\n1,x,3\n2,y\n'
const BROKEN = 'a,b\n1,"x\n'
const IN_OUT = ['--in', 'in', '--out', 'out']

describe('the exit code tells how a run ended:', () => {
  type Case = [title: string, exitCode: number, files: Readonly<Record<string, string>>, args?: readonly string[]]
  const CASES: readonly Case[] = [
    ['all done', 0, { 'a.csv': GOOD }],
    ['some records rejected', 12, { 'a.csv': GOOD, 'b.csv': REJECTED }],
    ['some files failed', 11, { 'a.csv': GOOD, 'b.csv': BROKEN }],
    ['every file failed', 6, { 'a.csv': BROKEN, 'b.csv': BROKEN }],
    ['nothing to convert', 0, {}],
    ['nothing to convert with --error-on-empty', 9, {}, [...IN_OUT, '--error-on-empty']],
    ['no such source', 3, {}, ['--in', 'nowhere', '--out', 'out']],
    ['a target inside the source', 2, { 'a.csv': GOOD }, ['--in', 'in', '--out', 'in/out']],
    ['an unknown format', 2, { 'a.csv': GOOD }, [...IN_OUT, '--to', 'xml']],
  ]
  it.each(CASES)('%s: %i', async (_, exitCode, files, args = IN_OUT) => {
    const ended = await migrate(folderWith(files), args)
    expect([ended.exitCode, ended.stdout]).toEqual([exitCode, ''])
    expect(ended.stderr).not.toBe('')
  })

  const WHOLE = CASES.filter(([, exitCode]) => [0, 3, 12].includes(exitCode)).slice(0, 3)
  it.each(WHOLE)('by the built program too, with what it says on its own streams: %s: %i', async (...given) => {
    const [, exitCode, files, args = IN_OUT] = given
    const ended = await startProgram(folderWith(files), args)
    expect([ended.exitCode, ended.stdout]).toEqual([exitCode, ''])
    expect(ended.stderr).not.toBe('')
  })

  it('rejects that stand, when nothing is left to do: 12', async () => {
    const folder = folderWith({ 'b.csv': REJECTED })
    expect((await migrate(folder, IN_OUT)).exitCode).toBe(12)
    const again = await migrate(folder, IN_OUT)
    expect(again.exitCode).toBe(12)
    expect(again.stderr).toContain('Nothing left to do: 1 file already done')
  })
})

describe('the name of a single target never lies about what is in it:', () => {
  type Case = [args: string, exitCode: number, made: string | null]
  const CASES: readonly Case[] = [
    ['--in in/a.csv --out y.csv.gz', 2, null],
    ['--in in/a.csv --out x.parquet', 2, null],
    ['--in in/a.csv --out sub/x.txt', 2, null],
    ['--in in/a.csv --out x.parquet -n', 2, null],
    ['--in in/a.csv --out -', 2, null],
    ['--in - --out y.csv', 2, null],
    ['--in in/a.csv --out y.json', 0, 'y.json'],
    ['--in in/a.csv --out y', 0, 'y'],
    // Who says the format knows what will be there.
    ['--in in/a.csv --out y.txt --to csv', 0, 'y.txt'],
    ['--in in/a.csv --out y.csv --to ndjson', 0, 'y.csv'],
    // A folder is no file, whatever its name is.
    ['--in in/a.csv --out x.parquet/', 0, 'x.parquet/a.ndjson'],
    ['--in in --out x.parquet', 0, 'x.parquet/a.ndjson'],
    ['--in in/other.bin --out copy.bin --others copy', 0, 'copy.bin'],
  ]
  it.each(CASES)('migrate %s: %i', async (args, exitCode, made) => {
    const folder = folderWith({ 'a.csv': GOOD, 'other.bin': 'x' })
    const ended = await migrate(folder, args.split(' '))
    expect(ended.exitCode).toBe(exitCode)
    expect(made === null ? readdirSync(folder) : [existsSync(join(folder, made))]).toEqual(
      made === null ? ['in'] : [true],
    )
  })

  it('a device is no target, and nothing is left beside it', async () => {
    const folder = folderWith({ 'a.csv': GOOD })
    const ended = await migrate(folder, ['--in', 'in/a.csv', '--out', '/dev/null', '--overwrite'])
    expect([ended.exitCode, ended.stderr.split('\n')[0]]).toEqual([
      2,
      'migrate: --out /dev/null is neither a file nor a folder',
    ])
  })
})

describe('a run', () => {
  it('writes the targets and a summary on standard error', async () => {
    const folder = folderWith({ 'a.csv': GOOD })
    const { stderr } = await migrate(folder, IN_OUT)
    expect(readFileSync(join(folder, 'out/a.ndjson'), 'utf8')).toBe('{"a":"1","b":"x"}\n{"a":"2","b":"y"}\n')
    expect(stderr).toContain('2 read = 2 written + 0 rejected + 0 filtered')
    expect(stderr).toMatch(/tree hash {2}\w{16,}/)
  })

  it('is the same with the word "run", variables and a configuration file', async () => {
    const folder = folderWith({ 'a.csv': GOOD })
    writeFileSync(join(folder, 'migrate.config.yaml'), 'in: in\nto: tsv\n')
    const ended = await migrate(folder, ['run', '--threads', '1'], { MIGRATE_OUT: 'out' })
    expect(ended.exitCode).toBe(0)
    expect(readFileSync(join(folder, 'out/a.tsv'), 'utf8')).toBe('a\tb\n1\tx\n2\ty\n')
  })

  it('says nothing with -q when all is well, and names failed files', async () => {
    const quiet = await migrate(folderWith({ 'a.csv': GOOD }), [...IN_OUT, '-q'])
    expect(quiet).toEqual({ exitCode: 0, stdout: '', stderr: '' })
    const failed = await migrate(folderWith({ 'a.csv': GOOD, 'b.csv': BROKEN }), [...IN_OUT, '-q'])
    expect(failed.stderr).toMatch(/^failed b\.csv line 2, record 1, byte 4: UNTERMINATED_QUOTE/)
  })

  it('has nothing but log lines on standard error with --use-json-log', async () => {
    const { stderr } = await migrate(folderWith({ 'a.csv': GOOD, 'b.csv': BROKEN }), [...IN_OUT, '--use-json-log'])
    const lines = stderr.split('\n').slice(0, -1)
    const events = lines.map((line) => (JSON.parse(line) as { event: string }).event)
    expect(events[0]).toBe('planned')
    expect(events.slice(1, -1).sort()).toEqual(['file-done', 'file-failed'])
    expect(events.at(-1)).toBe('run-finished')
  })

  it('logs an impossible plan too', async () => {
    const { stderr, exitCode } = await migrate(folderWith({}), ['--in', 'x', '--out', 'out', '--use-json-log'])
    expect([JSON.parse(stderr), exitCode]).toMatchObject([{ event: 'run-refused', code: 'NO_SUCH_SOURCE' }, 3])
  })

  it('writes its report to every --report', async () => {
    const folder = folderWith({ 'a.csv': GOOD })
    await migrate(folder, [...IN_OUT, '--report', 'r.json', '--report', 'new/r.json'])
    const text = readFileSync(join(folder, 'r.json'), 'utf8')
    expect(JSON.parse(text)).toMatchObject({ reportVersion: 1, records: { read: 2, written: 2 } })
    expect(readFileSync(join(folder, 'new/r.json'), 'utf8')).toBe(text)
  })

  it('keeps its targets when the report cannot be written, and ends with 1', async () => {
    const folder = folderWith({ 'a.csv': GOOD })
    const ended = await startProgram(folder, [...IN_OUT, '--report', 'in/a.csv/r.json'])
    expect(ended.exitCode).toBe(1)
    expect(ended.stderr).toMatch(/\nmigrate: --report in\/a\.csv\/r\.json cannot be written: .*(EEXIST|ENOTDIR)/)
    expect(existsSync(join(folder, 'out/a.ndjson'))).toBe(true)
  })

  // A chunk of one byte makes a small file take long enough to be stopped.
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 143],
  ] as const)('stopped by %s ends with %i and leaves nothing staged', async (signal, exitCode) => {
    const folder = folderWith({ 'a.csv': GOOD.repeat(400_000) })
    const args = [...IN_OUT, '--chunk-size', '1', '--stats', '100ms', '--stats-one-line']
    const ended = await startProgram(folder, args, { onText: (kill) => kill(signal) })
    expect(ended.exitCode).toBe(exitCode)
    expect(ended.stderr).toContain(`${signal}: stopping`)
    expect(ended.stderr).toContain(`Stopped by ${signal}`)
    const left = readdirSync(join(folder, 'out'), { recursive: true, withFileTypes: true })
    const staged = left.filter((entry) => entry.isFile() && entry.parentPath.includes('staged'))
    expect([staged, existsSync(join(folder, 'out/a.ndjson'))]).toEqual([[], false])
  })
})

describe('a plan', () => {
  it.each([
    ['plan', ['plan', ...IN_OUT]],
    ['--dry-run', [...IN_OUT, '--dry-run']],
    ['-n', ['run', ...IN_OUT, '-n']],
  ])('(%s) lists the files and writes nothing', async (_, args) => {
    const folder = folderWith({ 'a.csv': GOOD, 'b.txt': 'x' })
    const ended = await migrate(folder, args)
    expect(ended.stdout).toMatch(/^a\.csv\ta\.ndjson\tcsv\t[^\t]+\t12\t[^\t]+\n$/)
    expect(ended.stderr).toContain('nothing was written')
    expect([ended.exitCode, existsSync(join(folder, 'out'))]).toEqual([0, false])
  })

  it('is printed by the built program too', async () => {
    const folder = folderWith({ 'a.csv': GOOD })
    const { exitCode, stdout } = await startProgram(folder, ['plan', ...IN_OUT])
    expect([exitCode, stdout]).toEqual([0, (await migrate(folder, ['plan', ...IN_OUT])).stdout])
  })

  it('tells with --explain which rule took or left each path', async () => {
    const folder = folderWith({ 'a.csv': GOOD, 'b.csv': GOOD })
    const { stdout } = await migrate(folder, ['plan', ...IN_OUT, '--explain', '--exclude', 'b*'])
    expect(stdout).toMatch(/^\+ a\.csv\t.+$/m)
    expect(stdout).toMatch(/^- b\.csv\t.*b\*.*$/m)
  })

  it('says of a file that is done that it is', async () => {
    const folder = folderWith({ 'a.csv': GOOD })
    await migrate(folder, IN_OUT)
    expect((await migrate(folder, ['plan', ...IN_OUT])).stdout).toMatch(/\tdone\n$/)
  })
})

it.each(['--version', '--help'])('%s loads neither schemas nor workers nor loggers', async (flag) => {
  const folder = memoryFolder()
  await startProgram(folder, [flag], { env: { NODE_V8_COVERAGE: folder } })
  const [name = ''] = readdirSync(folder)
  const { result } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as { result: { url: string }[] }
  const modules = result.flatMap(({ url }) => modulesIn(url))
  const packages = modules.flatMap((module) => /node_modules\/([^/]+)/.exec(module)?.[1] ?? [])
  expect([...new Set(packages)]).toEqual(['commander'])
})

/** A file that was loaded, and what the build joined in it: its source map names that. */
function modulesIn(url: string): string[] {
  const map = url.startsWith('file:') ? `${fileURLToPath(url)}.map` : ''
  if (!existsSync(map)) return [url]
  return [url, ...(JSON.parse(readFileSync(map, 'utf8')) as { sources: string[] }).sources]
}

// Covers: `migrate report`: which formats go where.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { main } from '../../../src/cli/main.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { fakeHost } from '../fake-host.ts'
import { measuredReport } from './sample-measured.ts'

function folderWith(content: string): string {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'run.json'), content)
  return folder
}

const SAVED = JSON.stringify(measuredReport(5))

async function report(cwd: string, ...args: readonly string[]) {
  const host = fakeHost(['report', ...args], { cwd })
  return { exitCode: await main(host), stdout: host.stdout.text, stderr: host.stderr.text }
}

it.each([
  [[], /^Converted 5 files to ndjson in /],
  [['--as', 'terminal'], /^Converted 5 files to ndjson in /],
  [['--as=json'], /^\{\n {2}"reportVersion": 1/],
  [['--as', 'csv'], /^file,status,thread/],
  [['--as', 'markdown'], /^# Converted 5 files/],
  [['--as', 'html'], /^<!doctype html>/],
])('migrate report run.json %j shows it on standard output', async (args, start) => {
  const ended = await report(folderWith(SAVED), 'run.json', ...args)
  expect([ended.exitCode, ended.stderr]).toEqual([0, ''])
  expect(ended.stdout).toMatch(start)
})

it('writes every --report and then prints nothing that was not asked for', async () => {
  const folder = folderWith(SAVED)
  const ended = await report(folder, 'run.json', '--report', 'a/b.html', '--report', 'c.MD', '--report', 'd.csv')
  expect(ended).toEqual({ exitCode: 0, stdout: '', stderr: '' })
  expect(['a/b.html', 'c.MD', 'd.csv'].map((path) => readFileSync(join(folder, path), 'utf8').slice(0, 6))).toEqual([
    '<!doct',
    '# Conv',
    'file,s',
  ])
})

it('takes nothing from a configuration file, which is meant for runs', async () => {
  const folder = folderWith(SAVED)
  writeFileSync(join(folder, 'migrate.config.yaml'), 'report: other.html\nno such option: 1\n')
  expect((await report(folder, 'run.json')).exitCode).toBe(0)
  expect(existsSync(join(folder, 'other.html'))).toBe(false)
})

it('keeps the other reports when one cannot be written, and ends with 1', async () => {
  const folder = folderWith(SAVED)
  const ended = await report(folder, 'run.json', '--report', 'run.json/x.csv', '--report', 'y.csv')
  expect([ended.exitCode, existsSync(join(folder, 'y.csv'))]).toEqual([1, true])
  expect(ended.stderr).toMatch(/^migrate: --report .*x\.csv cannot be written: /)
})

const { reportVersion: _, ...unversioned } = measuredReport(1)

it.each([
  ['nothing is named', [], SAVED, 2, 'the report is missing', 'for example: migrate report run.json --as html'],
  ['two are named', ['run.json', 'b.json'], SAVED, 2, 'one report at a time: "b.json" is a second one', ''],
  ['there is none', ['no.json'], SAVED, 3, 'there is no report no.json', 'a report is written by: migrate --in'],
  ['it is no JSON', ['run.json'], '# x', 2, 'run.json is not JSON', 'only a report that was saved as .json'],
  ['it is other JSON', ['run.json'], '[]', 2, 'run.json holds no report', 'a report is written by'],
  ['it has no version', ['run.json'], JSON.stringify(unversioned), 2, 'run.json holds no report', 'a report is'],
  [
    'its version is newer',
    ['run.json'],
    '{"reportVersion":2}',
    2,
    'run.json is a report of version 2, and',
    'render it',
  ],
  [
    'a part is missing',
    ['run.json'],
    '{"reportVersion":1}',
    2,
    'run.json is no whole report: droverVersion: ',
    'it was',
  ],
  ['it is a folder', ['.'], SAVED, 2, '. cannot be read: EISDIR', ''],
  ['the form is unknown', ['run.json', '--as', 'htm'], SAVED, 2, '--as "htm" is not one of', 'did you mean html?'],
  ['a flag is for runs', ['run.json', '--threads', '2'], SAVED, 2, 'unknown flag --threads', ''],
] as const)('is one clear line where %s', async (_title, args, content, exitCode, message, hint) => {
  const ended = await report(folderWith(content), ...args)
  expect([ended.exitCode, ended.stdout]).toEqual([exitCode, ''])
  const [first, second = ''] = ended.stderr.split('\n')
  expect(first).toContain(`migrate: ${message}`)
  expect(second).toContain(hint)
})

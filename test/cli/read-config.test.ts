import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { readConfig } from '../../src/cli/settings/read-config.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { fakeHost } from './fake-host.ts'

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder()
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return folder
}

const EXPECTED = { in: 'old', threads: 8, maxRejects: '5%', header: false, include: ['*.csv', '*.tsv'], delim: '\t' }

describe('a configuration file', () => {
  it.each([
    ['c.yaml', 'in: old\nthreads: 8\nmax-rejects: 5%\nheader: no\ninclude: ["*.csv", "*.tsv"]\ndelim: tab\nout:\n'],
    ['c.yml', 'in: old\nthreads: 8\nmaxRejects: 5%\nheader: false\ninclude:\n  - "*.csv"\n  - "*.tsv"\ndelim: "\\t"\n'],
    ['c.toml', 'in="old"\nthreads=8\nmaxRejects="5%"\nheader=false\ninclude=["*.csv","*.tsv"]\ndelim="\\t"\n'],
    [
      'c.json',
      '{"in":"old","threads":8,"maxRejects":"5%","header":false,"include":["*.csv","*.tsv"],"delim":"tab","out":null}',
    ],
    [
      'c.ts',
      'const n: number = 8\nexport default { in: "old", threads: n, maxRejects: "5%", header: false, include: ["*.csv", "*.tsv"], delim: "tab" }',
    ],
    [
      'c.mjs',
      'export default async () => ({ in: "old", threads: 8, maxRejects: "5%", header: false, include: ["*.csv", "*.tsv"], delim: "tab" })',
    ],
  ])('may be %s', async (name, text) => {
    const folder = folderWith({ [name]: text })
    const config = await readConfig(name, folder)
    expect(Object.fromEntries(config?.options ?? [])).toEqual(EXPECTED)
    expect([config?.name, config?.folder]).toEqual([name, folder])
  })

  it.each(['yaml', 'yml', 'toml', 'json'])('is found as migrate.config.%s', async (extension) => {
    const name = `migrate.config.${extension}`
    const text = extension === 'toml' ? 'threads = 8' : '{"threads": 8}'
    expect((await readConfig(undefined, folderWith({ [name]: text })))?.name).toBe(name)
  })

  it.each(['ts', 'js', 'mjs'])('is never found as code in migrate.config.%s', async (extension) => {
    const folder = folderWith({ [`migrate.config.${extension}`]: 'throw new Error("code was run")' })
    expect(await readConfig(undefined, folder)).toBeNull()
  })

  it('may begin with a byte order mark', async () => {
    const folder = folderWith({ 'c.json': '\ufeff{"threads": 8}' })
    expect((await readConfig('c.json', folder))?.options.get('threads')).toBe(8)
  })

  it('that throws is the cause of the error', async () => {
    const refused = readConfig(
      'c.mjs',
      folderWith({ 'c.mjs': 'export default () => { throw new RangeError("mine") }' }),
    )
    await expect(refused).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      cause: expect.objectContaining({ message: 'mine' }),
    })
  })

  it('may be empty', async () => {
    expect((await readConfig('c.yaml', folderWith({ 'c.yaml': '# nothing\n' })))?.options.size).toBe(0)
  })

  it('is named when another one lies in the folder', async () => {
    const folder = folderWith({ 'migrate.config.yaml': 'threads: 1', 'c.yaml': 'threads: 2' })
    expect((await readConfig('c.yaml', folder))?.options.get('threads')).toBe(2)
  })
})

describe('a wrong configuration file is refused with its name:', () => {
  type Case = [name: string, text: string | null, message: RegExp, hint?: string]
  const CASES: readonly Case[] = [
    ['c.yaml', '- a\n- b', /^c\.yaml must hold options by name/],
    ['c.yaml', 'a: [', /^c\.yaml cannot be understood: line 1, column \d+: /],
    ['c.yaml', 'threads: 8\nthreads: 4', /^c\.yaml cannot be understood: line 2, column 1: this key is there twice$/],
    ['c.yaml', 'in: a\nout: b: c', /^c\.yaml cannot be understood: line 2, column 6: Nested mappings /],
    ['c.yaml', 'in: !path a', /^c\.yaml cannot be understood: line 1, column 5: Unresolved tag: !path$/],
    ['c.yaml', 'in: *a', /^c\.yaml cannot be understood: .*[Aa]lias/],
    ['c.yaml', 'in: a\n---\nout: b', /^c\.yaml cannot be understood: .*documents/],
    // All faults at once.
    ['c.yaml', 'a: 1\na: 2\nb: 1\nb: 2', /: line 2, column 1: .*; line 4, column 1: /],
    ['c.toml', 'threads = ', /^c\.toml cannot be understood: line 1, column \d+: [^\n]*$/],
    ['c.toml', 'in = "a"\nin = "b"', /^c\.toml cannot be understood: line 2, column 1: [^\n]*$/],
    ['c.json', '{', /^c\.json cannot be understood: line 1, column 2: the text ends too early$/],
    ['c.json', '', /^c\.json cannot be understood: line 1, column 1: the text ends too early$/],
    ['c.json', '{\n  "in": "a",\n}', /^c\.json cannot be understood: line 3, column 1: Expected double-quoted /],
    ['c.json', '{\n  "in": oops\n}', /^c\.json cannot be understood: line 2, column 9: Unexpected token /],
    [
      'c.json',
      '{"threads": 8, "threads": 4}',
      /^c\.json cannot be understood: line 1, column 16: this key is there twice$/,
    ],
    [
      'c.mjs',
      'throw new Error("broken")',
      /^c\.mjs threw an error when it was run: broken(?: \(line 1, column \d+\))?$/,
    ],
    ['c.mjs', 'export default () => { throw "a word" }', /^c\.mjs threw an error when it was run: a word$/],
    [
      'c.mjs',
      'export default async () => (await import("node:fs")).readFileSync("nowhere")',
      /^c\.mjs threw an error when it was run: ENOENT/,
    ],
    ['c.mjs', 'export default {', /^c\.mjs threw an error when it was run: /],
    ['c.ini', 'threads=8', /^c\.ini is no kind of configuration file/],
    ['c.yaml', null, /^cannot read c\.yaml: ENOENT: no such file or directory$/],
  ]
  it.each(CASES)('%s with %j', async (name, text, message, hint) => {
    const refused = readConfig(name, folderWith(text === null ? {} : { [name]: text }))
    await expect(refused).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(message) as string,
      ...(hint === undefined ? {} : { hint }),
    })
  })

  it('two that are found', async () => {
    const folder = folderWith({ 'migrate.config.yaml': '', 'migrate.config.json': '{}' })
    await expect(readConfig(undefined, folder)).rejects.toThrow(
      'there are two configuration files here, migrate.config.json and migrate.config.yaml',
    )
  })
})

it.each<[text: string, message: string, hint?: string]>([
  ['thread: 8', 'unknown option "thread" in c.yaml, line 1, column 1', 'did you mean threads (--threads)?'],
  ['# all\n\nzzz: 8', 'unknown option "zzz" in c.yaml, line 3, column 1', 'migrate --help lists all options'],
  ['"__proto__": 1', 'unknown option "__proto__" in c.yaml, line 1, column 1', 'migrate --help lists all options'],
  ['config: d.yaml', 'unknown option "config" in c.yaml, line 1, column 1', 'did you mean config (--config)?'],
  [
    'maxRejects: 1\nmax-rejects: 2',
    'maxRejects is set twice, as maxRejects and max-rejects, in c.yaml, line 2, column 1',
    'leave one of them out',
  ],
  [
    'in: a\nmax-rejects: many',
    'maxRejects "many" is not a number of rejects (like 100 or 5%), in c.yaml, line 2, column 14',
  ],
  ['include:\n  - a\n  - 3', 'include 3 is not text (put it in quotes), in c.yaml, line 3, column 5'],
  [
    'thread: 8\nskip: x\nzzz: 1\nruns: 0\nto: jsonl',
    'unknown option "thread" in c.yaml, line 1, column 1 (did you mean threads (--threads)?); ' +
      'unknown option "zzz" in c.yaml, line 3, column 1 (migrate --help lists all options); ' +
      'to "jsonl" is not one of csv, tsv, ndjson, json, in c.yaml, line 5, column 5 (did you mean ndjson?); ' +
      'skip "x" is not a number, in c.yaml, line 2, column 7; ' +
      'runs 0 is too small: the least is 1, in c.yaml, line 4, column 7',
  ],
])('all that is wrong with the keys of a configuration file is told at once: %j', async (text, message, hint) => {
  const host = fakeHost(['config', '--config', 'c.yaml'], { cwd: folderWith({ 'c.yaml': text }) })
  expect(await main(host)).toBe(2)
  expect(host.stderr.text).toBe(`migrate: ${message}\n${hint === undefined ? '' : `  ${hint}\n`}`)
})

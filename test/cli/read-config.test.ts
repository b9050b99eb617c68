import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readConfig } from '../../src/cli/read-config.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

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
    ['c.yaml', 'thread: 8', /^unknown option "thread" in c\.yaml$/, 'did you mean threads (--threads)?'],
    ['c.yaml', 'zzz: 8', /^unknown option "zzz" in c\.yaml$/, 'migrate --help lists all options'],
    ['c.json', '{"__proto__": 1}', /^unknown option "__proto__" in c\.json$/],
    ['c.yaml', 'config: d.yaml', /^unknown option "config" in c\.yaml$/],
    ['c.yaml', 'maxRejects: 1\nmax-rejects: 2', /^c\.yaml sets maxRejects twice/],
    ['c.yaml', '- a\n- b', /^c\.yaml must hold options by name/],
    ['c.yaml', 'a: [', /^c\.yaml cannot be understood: .*line 1/],
    ['c.toml', 'threads = ', /^c\.toml cannot be understood: /],
    ['c.json', '{', /^c\.json cannot be understood: /],
    ['c.mjs', 'throw new Error("broken")', /^c\.mjs cannot be understood: broken$/],
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

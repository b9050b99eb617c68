import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { registerFormat } from '../../../src/index.ts'
import type { FormatName } from '../../../src/model/format-name.ts'
import type { MigrateOptions } from '../../../src/options/options.ts'
import { buildDataPlan } from '../../../src/plan/build-data-plan.ts'
import { filePlanHash } from '../../../src/plan/plan-hash.ts'
import { expectExit, runProgram } from '../../faults/run-program.ts'
import { contentsOf, expectNothingLeft } from '../../faults/tree-state.ts'
import { optionsOf } from '../../plan/options-of.ts'
import { migrate } from '../../support/migrate.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

/*
 * The proof that a format is one module: LTSV (ltsv.ts beside this file) through the public API and through a configuration file,
 * from and to all other formats, split among threads, killed and resumed.
 */

const MODULE = join(import.meta.dirname, 'ltsv.ts')

/** Converts one text and gives the text of its target. */
async function convert(from: string, to: string, text: string | Buffer, options: Partial<MigrateOptions> = {}) {
  const folder = temporaryFolder()
  const [source, target] = [join(folder, `a.${from}`), join(folder, 'out', `a.${to}`)]
  writeFileSync(source, text)
  const report = await migrate({
    in: source,
    out: join(folder, 'out/'),
    to: to as FormatName,
    fsync: false,
    ...options,
  })
  expect(report.failures).toEqual([])
  return { text: readFileSync(target, 'utf8'), report }
}

function manyLines(count: number): string {
  return Array.from(
    { length: count },
    (_, n) => `id:${n}\tname:n ${n % 7}\t${n % 3 === 0 ? 'url:http://x/\t' : ''}z:é\n`,
  ).join('')
}

describe('a format that is registered', () => {
  beforeAll(() => registerFormat(MODULE))

  it('is loaded once', async () => {
    expect(await Promise.all([registerFormat(MODULE), registerFormat(new URL(`file://${MODULE}`))])).toEqual([
      'ltsv',
      'ltsv',
    ])
  })

  const TABLE: Readonly<Record<string, string>> = {
    csv: 'a,b\n1,x y\n2,"é, ""q"""\n',
    tsv: 'a\tb\n1\tx y\n2\t"é, ""q"""\n',
    ndjson: '{"a":"1","b":"x y"}\n{"a":"2","b":"é, \\"q\\""}\n',
    json: '[\n{"a":"1","b":"x y"},\n{"a":"2","b":"é, \\"q\\""}\n]\n',
  }
  it.each(Object.keys(TABLE))('converts from %s, and back to the same bytes', async (format) => {
    const there = await convert(format, 'ltsv', TABLE[format]!)
    expect(there.text).toBe('a:1\tb:x y\na:2\tb:é, "q"\n')
    const back = await convert('ltsv', format, there.text)
    expect(back.text).toBe(TABLE[format])
  })

  it('has records with names of their own, and JSON values as their text', async () => {
    const source = '{"b":1.50,"a":null}\r\n{"a":{"x": [1]},"c":true}\n{"c":"\\u00e9"}\n'
    expect((await convert('ndjson', 'ltsv', source)).text).toBe('b:1.50\na:{"x":[1]}\tc:true\nc:é\n')
    const table = await convert('ltsv', 'csv', 'b:1\r\n\na:2\tc:\n')
    expect(table.text).toBe('b,a,c\n1,,\n,2,\n')
    expect(table.report.notices.blankLines).toBe(1)
  })

  it('rejects what is no record, and what it cannot express', async () => {
    const lines = ['a:1', 'nolabel', 'ä:1', 'a:1\ta:2', `a:${'x'.repeat(200)}`, 'a:\xff', 'b:2']
    const read = await convert('ltsv', 'ndjson', Buffer.from(lines.join('\n'), 'latin1'), {
      maxRecordSize: 100,
      maxRejects: '100%',
    })
    expect(read.text).toBe('{"a":"1"}\n{"b":"2"}\n')
    expect(read.report.rejectCodes).toEqual({
      MALFORMED_RECORD: 1,
      INVALID_UTF8: 2,
      DUPLICATE_KEY: 1,
      RECORD_TOO_LARGE: 1,
    })
    const written = await convert('ndjson', 'ltsv', '{"a":"x\\ty"}\n{"a b":1}\n{}\n{"a":1}\n', { maxRejects: '100%' })
    expect(written.text).toBe('a:1\n')
    expect(written.report.rejectCodes).toEqual({ UNREPRESENTABLE: 3 })
  })

  it('takes select and types, wherever chunks end', async () => {
    const options = { map: { columns: { id: { type: 'integer' }, n: { from: 'name' } }, rest: 'drop' } } as const
    const whole = await convert('ltsv', 'ndjson', manyLines(40), options)
    expect(whole.text.split('\n', 1)).toEqual(['{"id":0,"n":"n 0"}'])
    for (const chunkSize of [1, 2, 3, 7, 64])
      expect((await convert('ltsv', 'ndjson', manyLines(40), { ...options, chunkSize })).text).toBe(whole.text)
  })

  it('has an option of its own, which is part of its hash alone', async () => {
    const source = 'a:1\ta:2\ta:3\nb:1\n'
    const renamed = await convert('ltsv', 'ndjson', source, { formatOption: 'ltsv.duplicates=rename' })
    expect(renamed.text).toBe('{"a":"1","a_":"2","a__":"3"}\n{"b":"1"}\n')
    const [none, asBefore, other] = [[], ['ltsv.duplicates=reject'], ['ltsv.duplicates=rename']].map((formatOption) =>
      ['ltsv', 'csv'].map((format) =>
        filePlanHash(buildDataPlan(optionsOf({ formatOption }), 'ndjson'), format as FormatName),
      ),
    )
    expect(asBefore).toEqual(none)
    expect(other![0]).not.toBe(none![0])
    expect(other![1]).toBe(none![1])
  })

  it.each([
    ['duplicates=last', '"duplicates=last" is not an option of a format (like name.key=value)'],
    ['lstv.duplicates=last', '"lstv.duplicates=last" names no format: --formats loads those of modules'],
    ['csv.delim=;', '"csv.delim=;" is for csv, which has no options of this kind'],
    ['ltsv.duplicates=last', 'ltsv: duplicates is reject or rename, not "last"'],
    ['ltsv.doubles=last', 'ltsv: there is no option doubles, only duplicates'],
  ])('refuses the option %s', async (formatOption, message) => {
    await expect(convert('ltsv', 'csv', 'a:1\n', { formatOption })).rejects.toMatchObject({
      code: 'WRONG_USE',
      message: expect.stringContaining(message),
    })
  })

  it.each([
    ['ltsv', 'csv'],
    ['csv', 'ltsv'],
  ])('is refused before the run where the stream engine is to convert %s to %s', async (from, to) => {
    const running = convert(from, to, 'a:1\n', { engine: 'stream', lossy: true })
    await expect(running).rejects.toMatchObject({
      code: 'WRONG_USE',
      message: '--engine stream knows no ltsv',
      hint: 'leave --engine out: the other engines do',
    })
  })

  it.each(['ltsv', 'csv', 'ndjson'])('is split among threads, to %s', async (to) => {
    // More than 50 blocks of 10,000 bytes, each of several chunks: many for each of three threads.
    const text = manyLines(20_000)
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'a.ltsv'), text)
    const run = async (out: string, threads: number) =>
      migrate({
        in: join(folder, 'a.ltsv'),
        out: join(folder, out, 'a.out'),
        to: to as FormatName,
        fsync: false,
        chunkSize: 4096,
        splitSize: 10_000,
        threads,
      })
    const [one, two] = [await run('one', 1), await run('two', 3)]
    expect([one.splitFiles, two.splitFiles]).toEqual([0, 1])
    expect(readFileSync(join(folder, 'two/a.out'), 'utf8')).toBe(readFileSync(join(folder, 'one/a.out'), 'utf8'))
    expect(two.records.written).toBe(20_000)
  })
})

/** 60 files, in a folder with a configuration file that names the module by a path of its own. */
function tree(): { readonly folder: string; readonly config: string } {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'in'))
  for (let file = 0; file < 60; file++)
    writeFileSync(join(folder, 'in', `f${file}.csv`), `id,n\n${'1,x\n'.repeat(9000)}`)
  symlinkSync(MODULE, join(folder, 'ltsv.ts'))
  writeFileSync(join(folder, 'migrate.config.yaml'), 'formats: [./ltsv.ts]\nto: ltsv\nthreads: 2\n')
  return { folder, config: join(folder, 'migrate.config.yaml') }
}

describe('a format that a configuration file names', () => {
  it('is there in all threads; a run that is killed is resumed', async () => {
    const { folder, config } = tree()
    const run = (out: string, flags: readonly string[] = [], whenDone = false) => {
      const args = ['--config', config, '--in', join(folder, 'in'), '--out', join(folder, out), ...flags]
      return runProgram(args, {
        onStart: (child) => {
          if (!whenDone) return
          const timer = setInterval(() => {
            if (Object.keys(contentsOf(join(folder, out))).length > 3) child.kill('SIGKILL')
          }, 10)
          child.once('exit', () => clearInterval(timer))
        },
      })
    }
    expectExit(await run('gold'), 0)
    const gold = contentsOf(join(folder, 'gold'))
    expect(Object.keys(gold)).toHaveLength(60)
    expect((await run('out', ['--bwlimit', '2M'], true)).signal).toBe('SIGKILL')
    const kept = Object.keys(contentsOf(join(folder, 'out'))).length
    expect(kept).toBeGreaterThan(3)
    expect(kept).toBeLessThan(60)
    const resumed = await run('out')
    expectExit(resumed, 0)
    expect(contentsOf(join(folder, 'out'))).toEqual(gold)
    expectNothingLeft(join(folder, 'out'))
  })

  it('is refused where the file was found by itself: it would run code', async () => {
    const { folder } = tree()
    const cwd = ['env', '-C', folder]
    const refused = await runProgram(['--in', 'in', '--out', 'out'], { prefix: cwd })
    expectExit(refused, 2)
    expect(refused.stderr).toContain('migrate.config.yaml names formats, which run code, and was found by itself')
    const named = await runProgram(['plan', '--in', 'in', '--out', 'out', '--config', 'migrate.config.yaml'], {
      prefix: cwd,
    })
    expectExit(named, 0)
  })
})

describe('a module is refused', () => {
  const FORMAT = `aliases: [], extensions: ['x'], isTable: false, sourceSettings() {}, targetSettings() {}, createReader() {}, createWriter() {}`
  it.each<[string, string, string]>([
    ['that is not there', '', 'cannot be loaded'],
    ['that throws', "throw new Error('out of order')", 'cannot be loaded: out of order'],
    ['without a format', 'export default 5', 'has no default export with formatInterface and create'],
    [
      'for another version of the interface',
      'export default { formatInterface: 2, create() {} }',
      'is written for version 2 of the interface, and this Drover has version 1',
    ],
    [
      'that lacks a writer',
      "export default { formatInterface: 1, create: () => ({ name: 'x', isTable: true, aliases: [], extensions: [] }) }",
      'lacks sourceSettings, targetSettings, createReader, createWriter',
    ],
    [
      'with a name that is none',
      `export default { formatInterface: 1, create: () => ({ name: 'X y', ${FORMAT} }) }`,
      'names its format "X y"',
    ],
    [
      'with the name of another format',
      `export default { formatInterface: 1, create: () => ({ name: 'csv', ${FORMAT} }) }`,
      'brings the format csv, which there is already',
    ],
    [
      'with an extension of another format',
      `export default { formatInterface: 1, create: () => ({ name: 'x', ${FORMAT.replace("'x'", "'jsonl'")} }) }`,
      'brings the extension .jsonl, which the format ndjson has already',
    ],
  ])('%s', async (title, code, message) => {
    const path = join(temporaryFolder(), `${title.replaceAll(' ', '-')}.mjs`)
    if (code !== '') writeFileSync(path, code)
    await expect(registerFormat(path)).rejects.toMatchObject({
      code: 'WRONG_USE',
      message: expect.stringContaining(message),
    })
  })
})

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { migrate, plan, type MigrateHooks, type MigrateOptions } from '../../src/index.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/* The library speaks as the command line does: no words of the schema's. */

const BOTH = { in: '/nowhere/in', out: '/nowhere/out' }

describe('wrong options of the library are told in one line:', () => {
  it.each<[options: unknown, message: string]>([
    [{ ...BOTH, thread: 8 }, 'unknown option thread: did you mean threads?'],
    [{ ...BOTH, 'max-rejects': 1 }, 'unknown option max-rejects: did you mean maxRejects?'],
    [{ ...BOTH, zzz: 8, thread: 8 }, 'unknown option zzz; unknown option thread: did you mean threads?'],
    [{ ...BOTH, onEvent: () => {} }, 'unknown option onEvent: it is a hook, which belongs into the second argument'],
    [{ ...BOTH, to: 'jsonl' }, 'to: "jsonl" is not one of csv, tsv, ndjson, json: did you mean ndjson?'],
    [{ ...BOTH, threads: true }, 'threads: true is not a number or text (put it in quotes)'],
    [{ ...BOTH, threads: 'many' }, 'threads: "many" is not a number of threads (like 8, 50%, +2 or auto)'],
    [{ ...BOTH, header: 'no' }, 'header: "no" is not yes or no'],
    [{ ...BOTH, include: 3 }, 'include: 3 is not a list or text (put it in quotes)'],
    [{ ...BOTH, delim: ',,' }, 'delim: ",,": a delimiter must be one ASCII character'],
    [{ ...BOTH, out: '-' }, 'out: "-": pipes are not read or written: name a file (one called "-" is "./-")'],
    [
      { ...BOTH, filesFrom: ['a', '-'] },
      'filesFrom: "-": pipes are not read or written: name a file (one called "-" is "./-")',
    ],
    [{ ...BOTH, skip: -1, retries: 'x' }, 'skip: -1 is too small: the least is 0; retries: "x" is not a number'],
    [{ ...BOTH, minSize: 10n }, 'minSize: a bigint is not a number or text (put it in quotes)'],
    [{ ...BOTH, map: 3 }, 'map: 3: a mapping is a file, or an object with "columns", "drop" and "rest"'],
    [{ ...BOTH, threads: Number.NaN }, 'threads: NaN is not a number or text (put it in quotes)'],
    [{ ...BOTH, minAge: new Date(0) }, 'minAge: a Date is not a number or text (put it in quotes)'],
    [{ ...BOTH, include: new Set(['a']) }, 'include: a Set is not a list or text (put it in quotes)'],
    // eslint-disable-next-line no-new-wrappers
    [{ ...BOTH, to: new String('csv') }, 'to: a String is not one of csv, tsv, ndjson, json'],
    [{}, 'in is missing; out is missing'],
    [null, "options must be an object, like { in: 'old', out: 'new' }"],
    [undefined, "options must be an object, like { in: 'old', out: 'new' }"],
    [[], "options must be an object, like { in: 'old', out: 'new' }"],
  ])('%o', async (options, message) => {
    const refused = { code: 'WRONG_USE', message }
    await expect(migrate(options as MigrateOptions)).rejects.toMatchObject(refused)
    await expect(plan(options as MigrateOptions)).rejects.toMatchObject(refused)
  })

  it.each<[hooks: unknown, message: string]>([
    [{ onevent: () => {} }, 'unknown hook onevent: did you mean onEvent?'],
    [{ progress: () => {} }, 'unknown hook progress: there are signal, onEvent, onDecision'],
    [{ onEvent: 3 }, 'the hook onEvent must be a function'],
    [{ signal: {} }, 'the hook signal must be an AbortSignal'],
    [null, 'hooks must be an object, like { onEvent }'],
  ])('hooks %o', async (hooks, message) => {
    await expect(migrate(BOTH, hooks as MigrateHooks)).rejects.toMatchObject({ code: 'WRONG_USE', message })
  })
})

const boom = (): never => {
  throw new TypeError('mine')
}

describe('what throws while it is read is the error of the caller:', () => {
  const throwing = (name: string): object => Object.defineProperty({}, name, { enumerable: true, get: boom })
  it.each<[what: string, code: string, message: string, options: unknown, hooks?: unknown]>([
    ['a getter of an option', 'WRONG_USE', 'options cannot be read: mine', Object.assign(throwing('to'), BOTH)],
    ['a proxy of options', 'WRONG_USE', 'options cannot be read: mine', new Proxy(BOTH, { get: boom })],
    ['the keys of a proxy', 'WRONG_USE', 'options cannot be read: mine', new Proxy(BOTH, { ownKeys: boom })],
    ['a proxy of hooks', 'WRONG_USE', 'hooks cannot be read: mine', BOTH, new Proxy({}, { get: boom })],
  ])('%s', async (_, code, message, options, hooks = {}) => {
    for (const call of [migrate, plan]) {
      const refused = call(options as MigrateOptions, hooks as MigrateHooks)
      await expect(refused).rejects.toMatchObject({ code, message, cause: { message: 'mine' } })
    }
  })

  it('a mapping', async () => {
    const tree = temporaryFolder()
    writeFileSync(join(tree, 'a.csv'), 'a\n1\n')
    const options = { in: tree, out: join(temporaryFolder(), 'out'), map: { columns: throwing('a') } }
    await expect(migrate(options as MigrateOptions)).rejects.toMatchObject({
      code: 'MAPPING_INVALID',
      message: 'the mapping cannot be read: mine',
      cause: { message: 'mine' },
    })
  })
})

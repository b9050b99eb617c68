import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { resolveSettings } from '../../src/cli/settings/resolve-settings.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

describe('an option is taken from', () => {
  type Case = [title: string, flag: string | null, variable: string | null, file: string | null, origin: string]
  const CASES: readonly Case[] = [
    ['the flag before all', '1', '2', '3', 'flag --threads 1'],
    ['the flag before the file', '1', null, '3', 'flag --threads 1'],
    ['the variable before the file', null, '2', '3', 'environment MIGRATE_THREADS 2'],
    ['the file', null, null, '3', 'file migrate.config.yaml 3'],
    ['its default where nobody sets it', null, null, null, 'default'],
  ]
  it.each(CASES)('%s', async (_, flag, variable, file, origin) => {
    const folder = temporaryFolder()
    if (file !== null) writeFileSync(join(folder, 'migrate.config.yaml'), `threads: "${file}"`)
    const flags = new Map(flag === null ? [] : [['threads', flag]])
    const { settings } = await resolveSettings(flags, variable === null ? {} : { MIGRATE_THREADS: variable }, folder)
    const setting = settings.get('threads')
    const seen =
      setting === undefined ? 'default' : `${setting.origin.from} ${setting.origin.name} ${String(setting.value)}`
    expect(seen).toBe(origin)
  })
})

it('replaces a list as a whole', async () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'migrate.config.yaml'), 'include: [a, b]')
  const { settings } = await resolveSettings(new Map([['include', ['c']]]), {}, folder)
  expect(settings.get('include')?.value).toEqual(['c'])
})

it('names a negated flag as it was typed', async () => {
  const { settings } = await resolveSettings(new Map([['fsync', false]]), {}, temporaryFolder())
  expect(settings.get('fsync')?.origin.name).toBe('--no-fsync')
})

describe('the configuration file is named', () => {
  it.each([
    ['by the flag before the variable', { flag: 'a.yaml', variable: 'b.yaml' }, 1],
    ['by the variable', { variable: 'b.yaml' }, 2],
  ])('%s', async (_, named: { flag?: string; variable?: string }, threads) => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'a.yaml'), 'threads: 1')
    writeFileSync(join(folder, 'b.yaml'), 'threads: 2')
    const flags = new Map(named.flag === undefined ? [] : [['config', named.flag]])
    const environment = named.variable === undefined ? {} : { MIGRATE_CONFIG: named.variable }
    const { settings } = await resolveSettings(flags, environment, folder)
    expect(settings.get('threads')?.value).toBe(threads)
  })
})

describe('a path in a configuration file', () => {
  it('is relative to the file, and keeps what it says of itself', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'sub'))
    const text = 'in: ../old/*.csv\nout: new/\nfilesFrom: [list.txt, "-"]\nlogFile: /var/log/x\nselect: [a]'
    writeFileSync(join(folder, 'sub', 'c.yaml'), text)
    const { settings } = await resolveSettings(new Map([['config', 'sub/c.yaml']]), {}, folder)
    const values = ['in', 'out', 'filesFrom', 'logFile', 'select'].map((key) => settings.get(key)?.value)
    const sub = join(folder, 'sub')
    expect(values).toEqual([`${folder}/old/*.csv`, `${sub}/new/`, [`${sub}/list.txt`, '-'], '/var/log/x', ['a']])
  })

  it('is not touched where flags and the working folder have it', async () => {
    const { settings } = await resolveSettings(new Map([['in', '../old/']]), {}, process.cwd())
    expect(settings.get('in')?.value).toBe('../old/')
  })
})

// Covers: Settings from variables of the environment, and those that were probably meant to be some.
import { expect, it } from 'vitest'
import { readEnvironment } from '../../src/cli/settings/read-environment.ts'

it.each([
  [{ MIGRATE_MAX_REJECTS: '5%' }, { maxRejects: '5%' }],
  [{ MIGRATE_THREADS: '8' }, { threads: '8' }],
  [{ MIGRATE_HEADER: '0' }, { header: false }],
  [{ MIGRATE_HEADER: 'No' }, { header: false }],
  [{ MIGRATE_FORCE: '1' }, { force: true }],
  [{ MIGRATE_FORCE: 'yes' }, { force: true }],
  [{ MIGRATE_FORCE: 'true' }, { force: true }],
  [{ MIGRATE_FORCE: 'maybe' }, { force: 'maybe' }],
  [{ MIGRATE_NO_FSYNC: '1' }, { fsync: false }],
  [{ MIGRATE_NO_FSYNC: 'false' }, { fsync: true }],
  [{ MIGRATE_INCLUDE: '*.{csv,tsv}' }, { include: ['*.{csv,tsv}'] }],
  [{ MIGRATE_INCLUDE: 'a\nb\n' }, { include: ['a', 'b'] }],
  [{ MIGRATE_DELIM: 'tab' }, { delim: '\t' }],
  [{ MIGRATE_VERBOSE: '2' }, { verbose: 2 }],
  [{ MIGRATE_THREADS: '' }, {}],
  [{ THREADS: '8', MIGRATE_DATABASE_URL: 'postgres://' }, {}],
])('reads %j', (environment, expected) => {
  const { options } = readEnvironment(environment)
  expect(Object.fromEntries([...options].map(([key, { value }]) => [key, value]))).toEqual(expected)
})

it.each([
  ['MIGRATE_THREDS', 'MIGRATE_THREADS'],
  ['MIGRATE_NO_HEADR', 'MIGRATE_NO_HEADER'],
])('suspects that %s was meant as %s', (name, meant) => {
  expect(readEnvironment({ [name]: '1' }).suspects).toEqual([{ name, meant }])
})

it('suspects nothing of variables of other programs', () => {
  expect(readEnvironment({ MIGRATE_DATABASE_URL: 'x', MIGRATED: '1' }).suspects).toEqual([])
})

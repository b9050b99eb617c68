// Covers: "Did you mean": the nearest of the words that there are.
import { expect, it } from 'vitest'
import { FLAGS, kebabCase } from '../../src/cli/flags.ts'
import { suggestNearest } from '../../src/errors/suggest-nearest.ts'

const FLAG_NAMES = FLAGS.map((flag) => kebabCase(flag.key))

it.each([
  ['thread', 'threads'],
  ['threds', 'threads'],
  ['THREADS', 'threads'],
  ['inclde', 'include'],
  ['input', 'in'],
  ['output', 'out'],
  ['delimiter', 'delim'],
  ['overwirte', 'overwrite'],
  ['max-reject', 'max-rejects'],
  ['parallelism', undefined],
  ['zzz', undefined],
  ['', undefined],
])('for the flag "%s" it finds %s', (word, nearest) => {
  expect(suggestNearest(word, FLAG_NAMES)).toBe(nearest)
})

it.each([
  ['orders', ['order', 'borders', 'papers'], 'order'],
  ['Orders', ['orders'], 'orders'],
  ['odrers', ['orders', 'other'], 'orders'],
  ['orders', ['something', 'else'], undefined],
  ['ab', ['cd', 'xy'], undefined],
  ['x', ['y'], undefined],
])('among columns or files it finds for %j in %j: %j', (wanted, names, nearest) => {
  expect(suggestNearest(wanted, names)).toBe(nearest)
})

it('counts a swap of two neighbours as one edit', () => {
  expect(suggestNearest('cvs', ['tsv', 'csv'])).toBe('csv')
})

it('finds nothing among nothing', () => {
  expect(suggestNearest('run', [])).toBeUndefined()
})

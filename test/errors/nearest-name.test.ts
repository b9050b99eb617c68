import { expect, test } from 'vitest'
import { nearestName } from '../../src/errors/nearest-name.ts'

test.each([
  ['orders', ['order', 'borders', 'papers'], 'order'],
  ['Orders', ['orders'], 'orders'],
  ['odrers', ['orders', 'other'], 'orders'],
  ['orders', ['something', 'else'], null],
  ['ab', ['cd', 'xy'], null],
  ['x', ['y'], null],
  ['abcdef', [], null],
])('the name most like %j among %j is %j', (wanted, names, nearest) => {
  expect(nearestName(wanted, names)).toBe(nearest)
})

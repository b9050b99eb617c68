// Covers: What the help says of the built-in formats is what the formats say of themselves.
import { expect, it } from 'vitest'
import { BUILT_IN_FORMATS } from '../../src/formats/built-in-formats.ts'
import { broughtFormats, formatNames, getFormat } from '../../src/formats/registry.ts'

it('the help names the formats of the registry, in their order', () => {
  expect(formatNames().filter((name) => !broughtFormats().includes(name))).toEqual(Object.keys(BUILT_IN_FORMATS))
})

it.each(Object.entries(BUILT_IN_FORMATS))('%s is a table or is none', (name, { isTable }) => {
  expect(getFormat(name as keyof typeof BUILT_IN_FORMATS).isTable).toBe(isTable)
})

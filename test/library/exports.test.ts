import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const ROOT = new URL('../../', import.meta.url)
const PAGE = readFileSync(new URL('docs/library.md', ROOT), 'utf8')
const INDEX = readFileSync(new URL('src/index.ts', ROOT), 'utf8')

/** The names that the page lists after a word, in order. */
function listed(...kinds: readonly string[]): string[] {
  const [, section = ''] = PAGE.split('## Everything that is exported')
  return kinds
    .flatMap((kind) => {
      const [, text = ''] = new RegExp(`^- ${kind}: ([^]*?)\\.$`, 'm').exec(section) ?? []
      return Array.from(text.matchAll(/`(\w+)`/g), (match) => match[1] ?? '')
    })
    .sort()
}

it('exports exactly the functions and values that the page names', () => {
  const script = `import * as drover from 'drover'; console.log(JSON.stringify(Object.keys(drover)))`
  const printed = execFileSync(process.execPath, ['--input-type=module', '--eval', script], { cwd: ROOT })
  expect((JSON.parse(printed.toString()) as string[]).sort()).toEqual(listed('Functions', 'Values'))
})

it('exports exactly the types that the page names', () => {
  const lists = Array.from(INDEX.matchAll(/export (type )?\{([^}]*)\}/g), ([, isType, names = '']) =>
    names.split(',').map((name) => `${isType ?? ''}${name.trim()}`),
  )
  const types = lists.flat().filter((name) => name.startsWith('type '))
  expect(types.map((name) => name.slice('type '.length)).sort()).toEqual(listed('Types'))
})

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { printableMessage } from '../../src/errors/printable-name.ts'
import { suiteFolder } from '../faults/suite-folder.ts'
import { fakeHost } from './fake-host.ts'

describe('a mapping', () => {
  const folder = suiteFolder()
  it.each([
    ['deep.yaml', '['.repeat(200_000)],
    ['deep.json', `${'['.repeat(200_000)}${']'.repeat(200_000)}`],
    ['map.json', `${'{"columns":'.repeat(5000)}1${'}'.repeat(5000)}`],
    ['deep.toml', `a = ${'['.repeat(200_000)}`],
    ['block.yaml', Array.from({ length: 3000 }, (_, level) => `${' '.repeat(level)}a:`).join('\n')],
  ])('that is nested too deeply is refused by one line: %s', async (name, text) => {
    mkdirSync(join(folder, 'in'), { recursive: true })
    writeFileSync(join(folder, name), text)
    const host = fakeHost(['--in', 'in', '--out', 'out', '--map', name], { cwd: folder })
    expect(await main(host)).toBe(2)
    expect(host.stderr.text).toMatch(/^migrate: \S+ (?:is nested too deeply|cannot be understood: .{1,1300})\n/)
    expect(host.stderr.text).not.toContain('fault of Drover')
  })
})

it('a long message is shown without its middle, and says how much is left out', () => {
  const shown = printableMessage(`start ${'x\n'.repeat(50_000)} end`)
  expect(shown).toMatch(/^start x.*\.\.\. 98810 characters \.\.\..* end$/)
  expect(printableMessage('short')).toBe('short')
})

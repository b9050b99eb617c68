import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { printableMessage } from '../../src/errors/printable-name.ts'
import { expectExit, runProgram } from '../faults/run-program.ts'
import { suiteFolder } from '../faults/suite-folder.ts'

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
    const path = join(folder, name)
    writeFileSync(path, text)
    // In a process of its own: how deep a stack may become is the process's business.
    const ended = await runProgram(['--in', join(folder, 'in'), '--out', join(folder, 'out'), '--map', path])
    expectExit(ended, 2)
    expect(ended.stderr).toBe(`migrate: ${path} is nested too deeply\n  a file of settings has at most 100 levels\n`)
  })
})

describe('a module that never answers', () => {
  const folder = suiteFolder()
  it.each(['--map', '--config'])('ends the program by one line, and not without a word: %s', async (flag) => {
    const path = join(folder, 'never.mjs')
    writeFileSync(path, 'export default () => new Promise(() => {})\n')
    writeFileSync(join(folder, 'a.csv'), 'id\n1\n')
    const ended = await runProgram(['--in', join(folder, 'a.csv'), '--out', join(folder, 'out/'), flag, path])
    expectExit(ended, 1)
    expect(ended.stderr).toMatch(/^migrate: .* waits for a promise that nobody settles\n$/)
  })
})

it('a long message is shown without its middle, and says how much is left out', () => {
  const shown = printableMessage(`start ${'x\n'.repeat(50_000)} end`)
  expect(shown).toMatch(/^start x.*\.\.\. 98810 characters \.\.\..* end$/)
  expect(printableMessage('short')).toBe('short')
})

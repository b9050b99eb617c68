// Covers: The example of docs/library.md.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const PAGE = readFileSync(join(ROOT, 'docs/library.md'), 'utf8')

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drover-example-'))
})

afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

it('prints what the page says when its example is run', () => {
  const [, example = '', printed] = /## An example\n\n```js\n([^]*?)```[^]*?```\n([^]*?)```/.exec(PAGE) ?? []
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(ROOT, join(folder, 'node_modules/drover'))
  mkdirSync(join(folder, 'old'))
  writeFileSync(join(folder, 'old/people.csv'), 'id,name\n1,Ada\n2,Grace\n')
  writeFileSync(join(folder, 'example.mjs'), example)
  expect(execFileSync(process.execPath, ['example.mjs'], { cwd: folder }).toString()).toBe(printed)
})

import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { listFileCallFaults } from './list-file-call-faults.mjs'

/** What the check finds in a project that consists of one module. */
function faultsOf(path: string, text: string): readonly string[] {
  const root = temporaryFolder()
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
  return listFileCallFaults(root).faults
}

describe('the check of who may change files', () => {
  it.each([
    ['a call by name', "import { rmSync } from 'node:fs'\nrmSync('a')", 'rmSync'],
    ['a call under another name', "import { unlink as drop } from 'node:fs/promises'\nawait drop('a')", 'unlink'],
    ['a call of the module', "import fs from 'node:fs/promises'\nawait fs.rename('a', 'b')", 'rename'],
    ['its promises', "import fs from 'node:fs'\nawait fs.promises.truncate('a')", 'truncate'],
    ['a file system passed in', 'await this.#fileSystem.mkdir(folder)', 'mkdir'],
    ['a call taken out of one', 'const { linkSync } = this.#fileSystem\nlinkSync(a, b)', 'linkSync'],
    ['a stream', "import { createWriteStream } from 'fs'\ncreateWriteStream('a')", 'createWriteStream'],
    ['opening for writing', "import { openSync } from 'node:fs'\nopenSync('a', 'r+')", 'openSync'],
    [
      'opening with flags',
      "import { constants, openSync } from 'node:fs'\nopenSync('a', constants.O_RDONLY | constants.O_CREAT)",
      'openSync',
    ],
  ])('finds %s', (_, text, call) => {
    expect(faultsOf('src/commit/new.ts', text)).toEqual([
      expect.stringContaining(`src/commit/new.ts: ${call}() changes files outside of src/storage`),
    ])
  })

  it.each([
    ['reading', 'src/a.ts', "import { openSync, readFileSync } from 'node:fs'\nopenSync('a', 'r')\nreadFileSync('a')"],
    ['a tree that looks first', 'src/a.ts', "await tree.rename('a', 'b')\nawait paths.tree.open('a', 'r+')"],
    ['storage itself', 'src/storage/a.ts', "import fs from 'node:fs/promises'\nawait fs.rename('a', 'b')"],
    ['a named exception', 'src/report/cpu-profile.ts', "writeFileSync('a', 'b')"],
  ])('lets %s pass', (_, path, text) => {
    expect(faultsOf(path, text)).toEqual([])
  })

  it('does not pass where it saw nothing', () => {
    expect(faultsOf('src/a.txt', 'nothing')).toEqual([expect.stringContaining('no modules in')])
  })

  it('ends with 1 where there is a fault, and names it', () => {
    const root = temporaryFolder()
    mkdirSync(join(root, 'src'))
    writeFileSync(join(root, 'src/new.ts'), "import { rmSync } from 'node:fs'\nrmSync('a')")
    const script = join(import.meta.dirname, 'check-file-calls.mjs')
    const { status, stderr } = spawnSync(process.execPath, [script], { cwd: root, encoding: 'utf8' })
    expect(stderr).toContain('src/new.ts: rmSync() changes files outside of src/storage')
    expect(status).toBe(1)
  })
})

import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { fakeHost } from '../cli/fake-host.ts'
import { collectHints } from '../hints/collect-hints.ts'
import { memoryFolder } from '../support/temporary-folder.ts'
import { ELSEWHERE, FOLLOWED, type Tree } from './hints.ts'

const ROOT = new URL('../..', import.meta.url).pathname
const WRITTEN = collectHints(join(ROOT, 'src'))

/** A part of what is written, what is filled in being anything. */
function isPartOf(part: string, written: string): boolean {
  if (written.includes(part) || part.includes(written)) return true
  const pieces = written.split('…').map((piece) => piece.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return written.includes('…') && new RegExp(pieces.join('.*')).test(part)
}

const PARTS = [...FOLLOWED.map(({ hint }) => hint), ...ELSEWHERE.flatMap(({ hints }) => hints)]

describe('the table of hints', () => {
  // A new one gets a row in hints.ts.
  it('has a row for every hint in the source', () => {
    const missing = WRITTEN.filter(({ text }) => /\w/.test(text) && !PARTS.some((part) => isPartOf(part, text)))
    expect(missing).toEqual([])
  })

  it('has no row for a hint that is not there', () => {
    const parts = ELSEWHERE.flatMap(({ hints }) => hints)
    expect(parts.filter((part) => !WRITTEN.some(({ text }) => isPartOf(part, text)))).toEqual([])
  })

  it('names only tests that are there', () => {
    const gone = ELSEWHERE.flatMap(({ test }) => (test === undefined ? [] : [test])).filter(
      ([file, title]) => !readFileSync(join(ROOT, file), 'utf8').includes(title),
    )
    expect(gone).toEqual([])
  })

  it('never says anything that drops values', () => {
    expect(WRITTEN.filter(({ text }) => /--ragged truncate|--duplicate-keys last/.test(text))).toEqual([])
  })
})

function writeTree(folder: string, tree: Tree): void {
  mkdirSync(folder, { recursive: true })
  for (const [name, content] of Object.entries(tree)) writeFileSync(join(folder, name), content)
}

/** The text of all files below a folder: targets and rejects. */
function textBelow(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, 'utf8'))
    .join('\n')
}

async function run(folder: string, source: string, target: string, flags: readonly string[]) {
  const host = fakeHost(['--in', source, '--out', target, '--report', join(folder, `${target}.json`), ...flags], {
    cwd: folder,
    env: { MIGRATE_THREADS: '1', MIGRATE_ENGINE: process.env.MIGRATE_ENGINE },
  })
  const exitCode = await main(host)
  return { exitCode, said: host.stdout.text + host.stderr.text }
}

describe('following a hint loses nothing:', () => {
  it.each(FOLLOWED.map((row) => [`${row.hint} (${Object.keys(row.tree).join(', ')})`, row] as const))(
    '%s',
    async (_, row) => {
      const folder = memoryFolder()
      writeTree(join(folder, 'in'), row.tree)
      const faulty = await run(folder, 'in', 'met', row.fault ?? [])
      expect(faulty.said).toContain(row.hint)
      if (row.mend !== undefined) writeTree(join(folder, 'mended'), row.mend(row.tree))
      const { exitCode, said } = await run(folder, row.mend ? 'mended' : 'in', 'out', row.follow)
      expect({ exitCode, said }).toMatchObject({ exitCode: row.rejects === undefined ? 0 : 12 })
      const { records } = JSON.parse(readFileSync(join(folder, 'out.json'), 'utf8')) as {
        records: { rejected: number; read: number; written: number }
      }
      expect(records.rejected).toBe(row.rejects ?? 0)
      const kept = [textBelow(join(folder, 'out')), textBelow(join(folder, 'out')).replaceAll('\\"', '"')].join('\n')
      for (const value of row.values) expect(kept).toContain(value)
    },
  )
})

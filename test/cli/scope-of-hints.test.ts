// Covers: A hint that would hold for all files, where it is meant for one of several.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { fakeHost } from './fake-host.ts'

const SCOPE = 'flags are for all files of a run: name those that such a flag is for with --include'

async function run(folder: string, ...flags: readonly string[]): Promise<string> {
  const host = fakeHost(['--in', 'in', '--out', 'out', '--threads', '1', ...flags], { cwd: folder })
  await main(host)
  return host.stderr.text
}

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'in'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, 'in', name), text)
  return folder
}

it('a hint for one of several files says how to leave the others as they are, and following it does', async () => {
  const folder = folderWith({ 'good.csv': 'a,b\n1,2\n', 'bad.csv': 'name;ort;preis\nMeier;Ulm;12,50\nHuber;Wien;3\n' })
  const target = (name: string) => readFileSync(join(folder, 'out', name), 'utf8')
  const said = await run(folder)
  expect(said).toContain("--delim ';'")
  expect(said).toContain(SCOPE)
  const good = target('good.ndjson')
  await run(folder, '--delim', ';', '--include', 'bad.csv')
  expect(target('bad.ndjson')).toContain('{"name":"Meier","ort":"Ulm","preis":"12,50"}')
  expect(target('good.ndjson')).toBe(good)
})

it.each([
  ['a single file', { 'bad.csv': 'name;ort;preis\nMeier;Ulm;12,50\nHuber;Wien;3\n' }],
  ['hints without such a flag', { 'a.json': '[{"a":1},]', 'b.csv': 'a,b\n1,2\n' }],
])('nothing is said of that with %s', async (_, files) => {
  expect(await run(folderWith(files))).not.toContain(SCOPE)
})

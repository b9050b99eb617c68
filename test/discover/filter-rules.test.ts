import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { parseFilterRules } from '../../src/discover/filter-rules.ts'
import type { FilterOptions } from '../../src/discover/filter-rules.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

function rules(options: Partial<FilterOptions>) {
  return parseFilterRules({ include: [], exclude: [], filter: [], filterFrom: [], ...options })
}

it.each<[Partial<FilterOptions>, string, boolean, string]>([
  [{}, 'a.csv', true, 'no rule leaves it out'],
  [{ include: ['*.csv'] }, 'a.csv', true, '+ *.csv from --include'],
  [{ include: ['*.csv'] }, 'a.tsv', false, 'no --include matches'],
  [{ exclude: ['*.tmp'] }, 'a.tmp', false, '- *.tmp from --exclude'],
  [{ exclude: ['*.tmp'] }, 'a.csv', true, 'no rule leaves it out'],
  // Includes come before excludes, whatever the user typed first.
  [{ exclude: ['a*'], include: ['*.csv'] }, 'a.csv', true, '+ *.csv from --include'],
  [{ exclude: ['a*'], include: ['*.csv'] }, 'a.tsv', false, '- a* from --exclude'],
  [{ exclude: ['a*'], filter: ['+ a.csv'] }, 'a.csv', false, '- a* from --exclude'],
  [{ filter: ['+ a.csv', '- a*'] }, 'a.csv', true, '+ a.csv from --filter'],
  [{ filter: ['- a*', '+ a.csv'] }, 'a.csv', false, '- a* from --filter'],
  [{ filter: ['- a*', '!', '- b*'] }, 'a.csv', true, 'no rule leaves it out'],
  [{ exclude: ['a*'], filter: ['!'] }, 'a.csv', true, 'no rule leaves it out'],
  // The rest stays left out behind a "!", as in rclone.
  [{ include: ['a*'], filter: ['!'] }, 'a.csv', false, 'no --include matches'],
])('with %j the path %j is taken: %j, because of "%s"', async (options, path, isTaken, rule) => {
  expect((await rules(options)).decide(path)).toEqual({ isTaken, rule })
})

it('rules come from files too, after those of the command line, without comments and blank lines', async () => {
  const file = join(temporaryFolder(), 'rules.txt')
  writeFileSync(file, '# comment\n; comment\n\n+ keep.csv\r\n- *.csv\n')
  const all = await rules({ filter: ['- never*'], filterFrom: [file] })
  expect(all.decide('keep.csv')).toEqual({ isTaken: true, rule: `+ keep.csv from --filter-from ${file} line 4` })
  expect(all.decide('other.csv').isTaken).toBe(false)
  expect(all.decide('never.txt').rule).toBe('- never* from --filter')
})

it.each<[Partial<FilterOptions>, string, string | null]>([
  [{}, 'a', null],
  [{ exclude: ['a/'] }, 'a', '- a/ from --exclude'],
  [{ exclude: ['a/'] }, 'b', null],
  [{ exclude: ['a/'] }, 'b/a', '- a/ from --exclude'],
  [{ exclude: ['/a/'] }, 'b/a', null],
  [{ exclude: ['*'] }, 'a', '- * from --exclude'],
  [{ exclude: ['*.csv'] }, 'a', null],
  // An include that comes first and could match below keeps the folder open.
  [{ filter: ['+ keep.csv', '- a/'] }, 'a', null],
  [{ filter: ['+ /b/keep.csv', '- a/'] }, 'a', '- a/ from --filter'],
  [{ filter: ['- a/', '+ keep.csv'] }, 'a', '- a/ from --filter'],
  [{ include: ['/b/*.csv'] }, 'a', 'no --include matches'],
  [{ include: ['/b/*.csv'] }, 'b', null],
  [{ include: ['*.csv'] }, 'a', null],
])('with %j the folder %j is not entered because of: %j', async (options, folder, rule) => {
  expect((await rules(options)).ruleAgainstFolder(folder)).toBe(rule)
})

it.each<[Partial<FilterOptions>, string]>([
  [{ filter: ['*.csv'] }, '"*.csv" (--filter) is not a filter rule'],
  [{ filter: ['+*.csv'] }, '"+*.csv" (--filter) is not a filter rule'],
  [{ include: ['[a'] }, 'the filter pattern "[a" is malformed'],
  [{ filterFrom: ['/nowhere/rules'] }, '--filter-from /nowhere/rules cannot be read'],
])('%j is refused: %s', async (options, message) => {
  await expect(rules(options)).rejects.toThrow(
    expect.objectContaining({ code: 'WRONG_USE', message: expect.stringContaining(message) }),
  )
})

import { describe, expect, it } from 'vitest'
import { bookkeepingPaths } from '../../src/commit/bookkeeping-paths.ts'
import { compareRuns, makeRunId, nextRunNumber, runIdOf, runNumberOf } from '../../src/commit/run-id.ts'
import { writeTree } from './staged-files.ts'
import { makeTargetRoot } from './temporary-tree.ts'

describe('run ids', () => {
  it('the first run of a target tree has number 1', async () => {
    expect(await nextRunNumber(bookkeepingPaths(makeTargetRoot()))).toBe(1)
  })

  it('the next number is one more than the highest in journals and manifests, whatever else lies there', async () => {
    const root = makeTargetRoot()
    writeTree(root, {
      '.migrate/journal/000009-abcdef-local.ndjson': '',
      '.migrate/manifests/000012-abcdef.ndjson': '',
      '.migrate/manifests/notes.txt': '',
    })
    expect(await nextRunNumber(bookkeepingPaths(root))).toBe(13)
  })

  it('two ids of the same number differ', () => {
    expect(makeRunId(7)).toMatch(/^000007-[0-9a-f]{6}$/)
    expect(new Set(Array.from({ length: 20 }, () => makeRunId(7))).size).toBeGreaterThan(15)
  })

  it('runs are ordered by number even beyond six digits', () => {
    const names = ['1000000-aaaaaa-local.ndjson', '000002-bbbbbb.ndjson', '999999-cccccc', '000002-aaaaaa']
    expect(names.sort(compareRuns)).toEqual([
      '000002-aaaaaa',
      '000002-bbbbbb.ndjson',
      '999999-cccccc',
      '1000000-aaaaaa-local.ndjson',
    ])
  })

  it('a name that is not named after a run has no id', () => {
    expect(runIdOf('000007-3fa9c2-local.ndjson')).toBe('000007-3fa9c2')
    expect(runIdOf('backup-000007-3fa9c2')).toBeNull()
    expect(runNumberOf('7-3fa9c2')).toBe(0)
  })
})

import { hash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { freezePlan, readShard, type PlanToFreeze } from '../../src/commit/records/frozen-plan.ts'
import { shardFilePath } from '../../src/commit/records/generation-paths.ts'
import type { FrozenPlan, ShardFile } from '../../src/model/frozen-plan.ts'
import { isPathInside } from '../../src/model/paths/path-inside.ts'
import { suiteFolder } from '../faults/suite-folder.ts'

describe('a path inside a tree', () => {
  it.each(['a', 'a/b', '.a', '..a', 'a..', 'a/...', '.../a', 'a b/\n', '\u00e9/\u{1f600}', '-', 'a/..b/c', '\\'])(
    '%j is one',
    (path) => {
      expect(isPathInside(path)).toBe(true)
    },
  )

  it.each([
    '',
    '/',
    '/a',
    'a/',
    'a//b',
    '.',
    '..',
    './a',
    '../a',
    'a/.',
    'a/..',
    'a/./b',
    'a/../b',
    'a\0',
    '\0',
    'a/\0/b',
    7,
    null,
  ])('%j is none', (path) => {
    expect(isPathInside(path)).toBe(false)
  })
})

describe('the files of a frozen shard', () => {
  const folder = suiteFolder()
  const files: ShardFile[] = [
    { index: 3, path: 'a/x.csv', sizeBytes: 2 ** 40, mtimeNs: '-1', format: 'csv', target: 'a/x.ndjson', seen: null },
    {
      index: 9,
      path: 'é\n.bin',
      sizeBytes: 0,
      mtimeNs: '1795000000000000001',
      format: 'bytes',
      target: 'é\n.bin',
      seen: { sizeBytes: 7, mtimeNs: -5n },
    },
  ]
  const freeze = (id: string) => {
    const generation = { targetRoot: folder, manifestHash: 'm', id }
    // The hashes of the shards are all that is looked at here.
    return { generation, freezing: freezePlan(generation, { isDurable: true } as PlanToFreeze, [files, []]) }
  }

  it('are read as they were written', async () => {
    const { generation, freezing } = freeze('whole')
    const { plan } = await freezing
    expect(await readShard(generation, plan, 0)).toEqual(files)
    expect(await readShard(generation, plan, 1)).toEqual([])
    await expect(readShard(generation, plan, 2)).rejects.toMatchObject({ code: 'PLAN_REFUSED' })
  })

  it.each<[string, string, string]>([
    ['a source outside of its tree', 'a/x.csv', '../x.csv'],
    ['a target outside of its tree', 'a/x.ndjson', '/etc/x'],
    ['a target in the bookkeeping', 'a/x.ndjson', '.migrate/lock'],
    ['a format that is none', '"bytes"', '"exe"'],
    ['a size that is none', '"sizeBytes":[1099511627776', '"sizeBytes":[-1'],
    ['a time that is none', '"-1"', '"yesterday"'],
    ['fewer targets than sources', ',"é\\n.bin"],"seen"', '],"seen"'],
    ["a file in a target's place that is none", '"7:-5"', '"7"'],
  ])('are refused, also under a hash that fits: %s', async (name, from, to) => {
    const { generation, freezing } = freeze(name)
    await freezing
    const path = shardFilePath(generation, 0)
    const text = readFileSync(path, 'utf8')
    const changed = text.replace(from, to)
    expect(changed).not.toBe(text)
    writeFileSync(path, changed)
    const plan = { shards: [{ fileCount: 2, bytes: 0, sha256: hash('sha256', changed) }] } as unknown as FrozenPlan
    await expect(readShard(generation, plan, 0)).rejects.toMatchObject({ code: 'PLAN_REFUSED' })
  })
})

import fs from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { probeExclusiveNames, readRecord, takeName, tryToCommit } from '../../src/commit/commit-record.ts'
import { cutUnits, recordName, splitUnit } from '../../src/commit/commit-units.ts'
import { suiteFolder } from '../faults/suite-folder.ts'

const NODE = { name: 'n', host: 'h', pid: 1, threads: 1, cores: 1 }
const SPLIT = { kind: 'split' as const, node: NODE }
const failing = (code: string) => () => Promise.reject(Object.assign(new Error(code), { code }))

const linkWithoutAnswer = async (from: string, to: string): Promise<void> => {
  await fs.link(from, to)
  throw Object.assign(new Error('EEXIST'), { code: 'EEXIST' })
}

describe('a commit record', () => {
  const folder = suiteFolder()

  it.each(['link', 'symlink'] as const)('is won by one of many, by %s', async (exclusiveBy) => {
    const path = join(folder, `${exclusiveBy}.json`)
    const tries = Array.from({ length: 20 }, (_, pid) =>
      tryToCommit(path, { kind: 'split', node: { ...NODE, pid } }, { exclusiveBy, isDurable: false }),
    )
    const won = (await Promise.all(tries)).flatMap((isWon, pid) => (isWon ? [pid] : []))
    expect(won).toHaveLength(1)
    expect(await readRecord(path)).toEqual({ kind: 'split', node: { ...NODE, pid: won[0] } })
  })

  it('cannot be won once the folder of the records is gone', async () => {
    const path = join(folder, 'gone', 'record.json')
    await expect(tryToCommit(path, SPLIT, { exclusiveBy: 'link', isDurable: true })).rejects.toMatchObject({
      code: 'GENERATION_CLOSED',
    })
  })

  it('is won where the answer to the link got lost and its repetition found the name taken (NFS)', async () => {
    const existing = join(folder, 'existing')
    await fs.writeFile(existing, '')
    expect(
      await takeName(existing, join(folder, 'name'), 'link', { ...fs, link: linkWithoutAnswer as typeof fs.link }),
    ).toBe(true)
  })

  it('needs hard links, or symbolic ones', async () => {
    expect(await probeExclusiveNames(folder)).toBe('link')
    const noLinks = { ...fs, link: failing('EPERM') }
    expect(await probeExclusiveNames(folder, noLinks)).toBe('symlink')
    await expect(probeExclusiveNames(folder, { ...noLinks, symlink: failing('EPERM') })).rejects.toMatchObject({
      code: 'NO_EXCLUSIVE_NAMES',
    })
  })
})

describe('the units of a shard', () => {
  it('are large files alone and small ones together, and cover every file once', () => {
    const sizes = [900_000, 300_000, ...Array.from({ length: 300 }, () => 1000), 0]
    const units = cutUnits(sizes.map((sizeBytes) => ({ sizeBytes })))
    expect(units.map(({ from, to }) => [from, to])).toEqual([
      [0, 1],
      [1, 2],
      [2, 130],
      [130, 258],
      [258, 303],
    ])
    const names = units.flatMap((unit) => [recordName(unit), ...splitUnit(unit).map(recordName)])
    expect(new Set(names).size).toBe(names.length)
  })
})

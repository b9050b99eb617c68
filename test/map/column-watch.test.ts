// Covers: Warnings of mapped columns that no record of a run has.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { convertBytes } from '../support/convert-bytes.ts'
import { migrate } from '../support/migrate.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const MAP = { columns: [{ name: 'id', from: 'ids' }], rest: 'keep' } as const

it.each([
  ['a selected column', { select: 'nmae' }, ['nmae']],
  ['one of two', { select: 'name,agee' }, ['agee']],
  ['a dropped column', { drop: 'nmae' }, ['nmae']],
  ['a column of the mapping', { map: MAP }, ['ids']],
  ['none', { select: 'name,age' }, []],
])('warns of %s that no record of the run has, with the nearest name', async (_, options, unseen) => {
  const folder = temporaryFolder()
  const source = join(folder, 'in')
  mkdirSync(source)
  writeFileSync(join(source, 'a.ndjson'), '{"name":"x"}\n{"name":"y","id":1}\n')
  writeFileSync(join(source, 'b.ndjson'), '{"name":"z","age":1}\n')
  const report = await migrate({ in: source, out: join(folder, 'out'), ...options })
  expect(report.unseenColumns?.map(({ name }) => name)).toEqual(unseen)
  const warnings = report.warnings.filter(({ code }) => code === 'COLUMN_UNSEEN').map(({ message }) => message)
  expect(warnings).toHaveLength(unseen.length)
  for (const [index, name] of unseen.entries()) {
    const nearest = name === 'agee' ? 'age' : name === 'ids' ? 'id' : 'name'
    expect(warnings[index]).toBe(
      `the column "${name}" is named and no record that was read has it: did you mean "${nearest}"?`,
    )
  }
})

it.each([64, 4096])('sees a column in any block of a file that is split, in blocks of %i bytes', async (blockBytes) => {
  const bytes = `${'{"name":"x"}\n'.repeat(50)}{"name":"y","late":1}\n${'{"name":"x"}\n'.repeat(50)}`
  const options = { select: 'late,never', chunkSize: 64 } as const
  const { result } = await convertBytes({ bytes, from: 'ndjson', to: 'ndjson', options, blockBytes })
  expect(result.isConverted && result.unseenColumns).toEqual([{ name: 'never', nearest: null }])
})

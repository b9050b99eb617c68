// Covers: Whole runs from and to a storage that is no file system, answers later.
import { mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { migrate } from '../../src/migrate.ts'
import { memoryRun, OPTIONS, SOURCES, visible } from '../support/memory-storage/memory-run.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

describe('a run in memory', () => {
  it('makes the same targets, rejects, counts and tree hash as one on local files', async () => {
    const { target, run } = memoryRun()
    const report = await run()
    const top = realpathSync(temporaryFolder())
    for (const [name, text] of Object.entries(SOURCES)) {
      mkdirSync(dirname(join(top, 'in', name)), { recursive: true })
      writeFileSync(join(top, 'in', name), text)
    }
    const local = await migrate({ in: join(top, 'in'), out: join(top, 'out'), ...OPTIONS })
    expect(report.failures).toEqual([])
    expect(report.treeHash).toBe(local.treeHash)
    expect(report.records).toEqual(local.records)
    expect(report.rejectCodes).toEqual(local.rejectCodes)
    const made = visible(target.tree)
    expect(Object.keys(made).sort()).toEqual([
      '.migrate/rejects/a.csv.ndjson',
      '.migrate/rejects/b.ndjson.ndjson',
      'a.csv.ndjson',
      'b.ndjson.ndjson',
      'deep/d.tsv.ndjson',
      'deep/er/c.json.ndjson',
      'deep/notes.txt',
      'empty.csv.ndjson',
    ])
    for (const [name, text] of Object.entries(made))
      expect([name, text]).toEqual([name, readFileSync(join(top, 'out', name), 'utf8')])
  })

  it('leaves nothing staged, no lock and one sealed journal, and the next one has nothing to do', async () => {
    const { target, run } = memoryRun()
    await run()
    const left = Object.keys(target.tree).filter((name) => /^\.migrate\/(?:staged|lock|manifests)/.test(name))
    expect(left).toEqual([])
    const before = target.tree
    const { files } = await run()
    expect([files.alreadyDone, files.converted]).toEqual([Object.keys(SOURCES).length, 0])
    expect(visible(target.tree)).toEqual(visible(before))
  })

  it('converts what was changed, and with --prune removes what has no source any more, with its rejects', async () => {
    const { storage, target, run } = memoryRun()
    await run()
    storage.sources.put('/in-memory/in/deep/d.tsv', 'id\tname\n1\tother\n')
    storage.sources.files.delete('/in-memory/in/a.csv')
    const { files } = await run({ prune: true })
    expect(files.converted).toBe(1)
    const made = visible(target.tree)
    expect(made['deep/d.tsv.ndjson']).toBe('{"id":"1","name":"other"}\n')
    expect(Object.keys(made).filter((name) => name.includes('a.csv'))).toEqual([])
  })

  it('compares contents with --checksum', async () => {
    const { target, run } = memoryRun()
    await run({ checksum: true })
    target.disk.write(target.disk.fileOrThrow('deep/notes.txt'), Buffer.from('not comverted\n'))
    const { files } = await run({ checksum: true })
    expect(files.converted).toBe(1)
    expect(visible(target.tree)['deep/notes.txt']).toBe(SOURCES['deep/notes.txt'])
  })
})

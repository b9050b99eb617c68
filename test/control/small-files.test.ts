import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { migrate } from '../support/migrate.ts'
import { BROKEN, GOOD, SmallTree } from './small-tree.ts'

describe('files that a thread converts one after the other', () => {
  it('share nothing but what is the same: each keeps the names of its own header', async () => {
    const tree = new SmallTree({
      'a.csv': 'x,y\n1,2\n',
      'b.csv': 'x,y\n3,4\n',
      'c.csv': '"x",y\n5,6\n',
      'd.csv': 'y,x\n7,8\n',
      'e.csv': 'x,y\n9,10\n',
      'f.tsv': 'x,y\n11,12\n',
      'g.csv': 'x,x,\n1,2,3\n',
      'h.csv': 'x,x,\n4,5,6\n',
    })
    const { notices } = await tree.migrate({ threads: 1, duplicateColumns: 'rename', orderBy: 'path,ascending' })
    const read = (name: string): string => readFileSync(join(tree.out, `${name}.ndjson`), 'utf8')
    expect('abcdefgh'.split('').map(read)).toEqual([
      '{"x":"1","y":"2"}\n',
      '{"x":"3","y":"4"}\n',
      '{"x":"5","y":"6"}\n',
      '{"y":"7","x":"8"}\n',
      '{"x":"9","y":"10"}\n',
      '{"x,y":"11,12"}\n',
      '{"x":"1","x_2":"2","column2":"3"}\n',
      '{"x":"4","x_2":"5","column2":"6"}\n',
    ])
    // Two new names in each of the last two files.
    expect(notices.renamedColumns).toBe(4)
  })

  it('fail each for itself where their common header is wrong', async () => {
    const tree = new SmallTree({ 'a.csv': 'x,x\n1,2\n', 'b.csv': 'x,x\n3,4\n' })
    const { failures } = await tree.migrate({ threads: 1 })
    expect(failures.map(({ code, position }) => [position.file, code])).toEqual([
      ['a.csv', 'DUPLICATE_COLUMN'],
      ['b.csv', 'DUPLICATE_COLUMN'],
    ])
  })
})

describe('a single small file', () => {
  it('fails as in any run', async () => {
    const tree = new SmallTree({ 'a.csv': BROKEN })
    const { failures, files } = await tree.migrate()
    expect([failures.map(({ code }) => code), files.failed]).toEqual([['UNTERMINATED_QUOTE'], 1])
  })

  it('can be stopped, and is done by the next run', async () => {
    const tree = new SmallTree({ 'a.csv': GOOD })
    const stop = new AbortController()
    const stopped = await migrate(
      { in: tree.source, out: tree.out, fsync: false },
      { signal: stop.signal, onEvent: ({ type }) => void (type === 'file-started' && stop.abort()) },
    )
    expect([stopped.stopped, stopped.files.converted, stopped.failures]).toEqual(['abort', 0, []])
    expect((await tree.migrate()).files.converted).toBe(1)
  })

  it('is not read where a pipe has taken its place', async () => {
    const tree = new SmallTree({ 'a.csv': GOOD })
    const report = await tree.migrate({}, ({ type }) => {
      if (type !== 'planned') return
      rmSync(join(tree.source, 'a.csv'))
      spawnSync('mkfifo', [join(tree.source, 'a.csv')])
    })
    expect(report.failures).toMatchObject([{ code: 'SOURCE_CHANGED', position: { file: 'a.csv' } }])
  })
})

it('tells how far it is within a task of small files', async () => {
  const text = 'a,b\n' + '1,some text\n'.repeat(100)
  const tree = new SmallTree(Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`${index}.csv`, text])))
  // Each file takes 90 ms at least, and all are one task.
  await tree.migrate({ threads: 1, latency: '30ms' })
  const within = tree.events.flatMap((event) =>
    event.type === 'progress' && event.doneFiles === 0 ? event.readBytes : [],
  )
  expect(Math.max(...within)).toBeGreaterThanOrEqual(2 * text.length)
})

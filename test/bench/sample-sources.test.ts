import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { sampleSources } from '../../src/bench/sample-sources.ts'
import { findRecordEnd } from '../../src/formats/find-record-end.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const QUOTE = '"'.charCodeAt(0)

function planned(source: string, format: 'csv' | 'json', sizeBytes: number) {
  return { source, format, sizeBytes, target: '', tier: '', reason: '' }
}

describe('findRecordEnd', () => {
  it.each([
    ['a,b\n1,2\n3,', QUOTE, 'a,b\n1,2\n'],
    ['a\n"x\ny"\n"z\n', QUOTE, 'a\n"x\ny"\n'],
    ['a\n"x""\n', QUOTE, 'a\n'],
    ['{"a":"x\n', null, '{"a":"x\n'],
    ['no line end', QUOTE, ''],
    ['', QUOTE, ''],
  ])('%j', (text, quote, expected) => {
    expect(text.slice(0, findRecordEnd(Buffer.from(text), quote))).toBe(expected)
  })
})

describe('sampleSources', () => {
  it('takes the beginnings of files in proportion to their sizes, each cut after a record', () => {
    const folder = temporaryFolder()
    const [root, into] = [join(folder, 'in'), join(folder, 'sample')]
    mkdirSync(join(root, 'sub'), { recursive: true })
    const record = '1234567,"some\ntext"\n'
    writeFileSync(join(root, 'large.csv'), record.repeat(3_000_000))
    writeFileSync(join(root, 'sub/half.csv'), record.repeat(1_500_000))
    writeFileSync(join(root, 'tiny.json'), '[]')
    const files = [
      planned('large.csv', 'csv', record.length * 3_000_000),
      planned('sub/half.csv', 'csv', record.length * 1_500_000),
      planned('tiny.json', 'json', 2),
    ]
    const sample = sampleSources(root, files, into, QUOTE)!
    expect(sample.files).toEqual(['large.csv', 'sub/half.csv', 'tiny.json'])
    const [large, half] = ['large.csv', 'sub/half.csv'].map((name) => readFileSync(join(into, name), 'utf8'))
    for (const text of [large!, half!]) expect(text.length % record.length).toBe(0)
    expect(large!.length / half!.length).toBeCloseTo(2, 3)
    expect(sample.bytes).toBe(large!.length + half!.length + 2)
    expect(Math.abs(sample.bytes - 32e6)).toBeLessThan(100)
  })

  it('is not needed for little', () => {
    expect(sampleSources('/nowhere', [planned('a.csv', 'csv', 60e6)], '/nowhere', QUOTE)).toBe(null)
  })
})

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SourceList } from '../../src/model/source-list.ts'
import { batchFiles, countTasks, orderFiles, type FileOrder } from '../../src/schedule/batch-files.ts'
import { SMALL_FILE_BYTES } from '../../src/model/policy.ts'

function listOf(
  sizes: readonly number[],
  names: readonly string[] = sizes.map((_, index) => `${index}.csv`),
): SourceList {
  const files = new SourceList()
  const folder = files.addFolder('')
  sizes.forEach((sizeBytes, index) => files.add(folder, names[index] ?? '', sizeBytes, 0n, 'csv'))
  return files
}

function allOf(files: SourceList): Uint32Array {
  return Uint32Array.from({ length: files.length }, (_, index) => index)
}

describe('orderFiles', () => {
  const files = listOf([5, 9, 5, 0], ['b.csv', 'a.csv', 'A.csv', 'c.csv'])
  it.each<[FileOrder, number[]]>([
    ['size,descending', [1, 0, 2, 3]],
    ['size,ascending', [3, 0, 2, 1]],
    ['path,ascending', [2, 1, 0, 3]],
    ['path,descending', [3, 0, 1, 2]],
  ])('%s: files of one size stay in the order of the list', (order, expected) => {
    expect([...orderFiles(files, allOf(files), order)]).toEqual(expected)
  })
})

describe('batchFiles', () => {
  const KIB = 1024
  const CASES: readonly (readonly [
    title: string,
    sizes: readonly number[],
    threads: number,
    lengths: readonly number[],
  ])[] = [
    ['no files, no tasks', [], 4, []],
    ['a large file is a task of its own', [SMALL_FILE_BYTES, SMALL_FILE_BYTES], 1, [1, 1]],
    ['small neighbours travel together', [10, 10, 10], 1, [3]],
    ['few small files make few tasks, however many threads there are', Array<number>(20).fill(10), 8, [8, 8, 4]],
    [
      'many small files keep all threads busy to the end',
      Array<number>(100).fill(10),
      2,
      [13, 13, 13, 13, 13, 13, 13, 9],
    ],
    ['a task has 128 files at most', Array<number>(2000).fill(0), 1, [...Array<number>(15).fill(128), 80]],
    ['a task ends at 4 MiB', Array<number>(100).fill(200 * KIB), 1, [21, 21, 21, 21, 16]],
  ]
  it.each(CASES)('%s', (_, sizes, threads, lengths) => {
    const files = listOf(sizes)
    expect([...batchFiles(files, allOf(files), threads)].map((batch) => batch.length)).toEqual(lengths)
  })

  it('gives every file once, in order, in about as many tasks as were counted', () => {
    const size = fc.oneof(
      fc.nat(100),
      fc.nat(SMALL_FILE_BYTES * 2),
      fc.constantFrom(0, SMALL_FILE_BYTES - 1, SMALL_FILE_BYTES),
    )
    fc.assert(
      fc.property(fc.array(size, { maxLength: 600 }), fc.integer({ min: 1, max: 16 }), (sizes, threads) => {
        const files = listOf(sizes)
        const ordered = orderFiles(files, allOf(files), 'size,descending')
        const batches = [...batchFiles(files, ordered, threads)]
        expect(batches.flat()).toEqual([...ordered])
        for (const batch of batches) {
          expect(batch.length).toBeGreaterThan(0)
          const hasLarge = batch.some((index) => files.sizeBytes(index) >= SMALL_FILE_BYTES)
          expect(batch.length === 1 || !hasLarge).toBe(true)
        }
        expect(countTasks(files, ordered, threads)).toBeLessThanOrEqual(Math.max(batches.length, 0))
      }),
    )
  })
})

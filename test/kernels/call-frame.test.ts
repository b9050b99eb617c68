import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createBatchMemory } from '../../src/batch/batch-memory.ts'
import * as callFrame from '../../src/kernels/call-frame.ts'
import { loadKernels } from '../../src/kernels/load-kernels.ts'

const { FRAME_WORDS, SOURCE_NULL_TEXT, SOURCE_NULL_TEXT_WORDS } = callFrame
const words = Object.entries(callFrame).filter(
  ([name]) => !name.startsWith('ENDED_') && !['FRAME_WORDS', 'SOURCE_NULL_TEXT_WORDS'].includes(name),
)

describe('the call frame', () => {
  it('has no word with two meanings', () => {
    expect(words.length).toBeGreaterThan(30)
    expect(new Set(words.map(([, word]) => word)).size).toBe(words.length)
    expect(words.filter(([, word]) => word > SOURCE_NULL_TEXT)).toEqual([])
    expect(SOURCE_NULL_TEXT + SOURCE_NULL_TEXT_WORDS).toBeLessThanOrEqual(FRAME_WORDS)
  })

  it('ends where the constants of the kernels begin', () => {
    const config = readFileSync(new URL('../../src/kernels/assembly/asconfig.json', import.meta.url), 'utf8')
    expect((JSON.parse(config) as { options: object }).options).toMatchObject({ memoryBase: 4 * FRAME_WORDS })
  })

  it('holds whole numbers alone, so that AssemblyScript reads it as TypeScript does', () => {
    const source = readFileSync(new URL('../../src/kernels/call-frame.ts', import.meta.url), 'utf8')
    const code = source.split('\n').filter((line) => line !== '' && !/^(?:\/\/|\/\*\*.*\*\/$)/.test(line))
    for (const line of code) expect(line).toMatch(/^export const [A-Z_]+ = \d+$/)
  })
})

describe('the compiled kernels', () => {
  it('are those that the host declares, none with numbers of its own but the checksum', () => {
    const { frame, ...kernels } = loadKernels(createBatchMemory(1000, 1000))!
    expect(frame).toHaveLength(FRAME_WORDS)
    const functions = Object.entries<unknown>(kernels).filter(([, each]) => typeof each === 'function')
    expect(Object.fromEntries(functions.map(([name, each]) => [name, (each as () => unknown).length]))).toEqual({
      scanSeparators: 0,
      takeRows: 0,
      takeRecords: 0,
      castRows: 0,
      encodeJsonRows: 0,
      encodeCsvRows: 0,
      foldChecksum: 4,
    })
  })

  it('read and write the words that the host names', () => {
    const memory = createBatchMemory(1000, 1000)
    const { frame, scanSeparators, takeRows } = loadKernels(memory)!
    memory.bytes.set(Buffer.from('1,2\n3,4\n'), memory.inputStart)
    frame[callFrame.POSITION] = memory.inputStart
    frame[callFrame.INPUT_END] = memory.inputStart + 8
    frame[callFrame.SOURCE_DELIMITER] = 0x2c
    frame[callFrame.SOURCE_QUOTE] = -1
    frame[callFrame.COMMENT] = -1
    frame[callFrame.SOURCE_NULL_BYTES] = -1
    frame[callFrame.MAX_RECORD_BYTES] = 1000
    frame[callFrame.COLUMN_COUNT] = 2
    frame[callFrame.ROW] = 5
    frame[callFrame.CELL] = 7
    frame[callFrame.RECORD] = 11
    frame[callFrame.LINE] = 13
    scanSeparators()
    expect(takeRows()).toBe(callFrame.ENDED_TEXT)
    const { ROW, CELL, RECORD, LINE, POSITION, IS_CUT } = callFrame
    expect([ROW, CELL, RECORD, LINE, POSITION, IS_CUT].map((word) => frame[word])).toEqual([
      7,
      11,
      13,
      15,
      memory.inputStart + 8,
      0,
    ])
  })
})

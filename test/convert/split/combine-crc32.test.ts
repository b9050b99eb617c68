import { crc32 } from 'node:zlib'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { combineCrc32 } from '../../../src/convert/split/combine-crc32.ts'

describe('combineCrc32', () => {
  it('gives the CRC-32 of the whole for every place where a text can be cut', () => {
    const text = Buffer.from('The quick brown fox\0\xff jumps over the lazy dog')
    for (let cut = 0; cut <= text.length; cut++) {
      const second = text.subarray(cut)
      expect(combineCrc32(crc32(text.subarray(0, cut)), crc32(second), second.length)).toBe(crc32(text))
    }
  })

  it('does so for any bytes', () => {
    const bytes = fc.uint8Array({ maxLength: 5000 })
    fc.assert(
      fc.property(bytes, bytes, (first, second) => {
        expect(combineCrc32(crc32(first), crc32(second), second.length)).toBe(crc32(second, crc32(first)))
      }),
    )
  })

  it('takes lengths of more than 32 bits: as many bytes in one step as in two', () => {
    const first = crc32('first')
    const zeros = 3 * 2 ** 33 + 7
    const inTwoSteps = combineCrc32(combineCrc32(first, 0, 2 ** 34), 0, zeros - 2 ** 34)
    expect(combineCrc32(first, 0, zeros)).toBe(inTwoSteps)
  })
})

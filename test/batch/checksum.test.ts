import { crc32 } from 'node:zlib'
import { array, assert, nat, property } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createBatchMemory } from '../../src/batch/batch-memory.ts'
import { createChecksum, plainChecksum } from '../../src/batch/checksum.ts'
import { loadKernels } from '../../src/kernels/load-kernels.ts'
import { fuzzRuns } from '../support/fuzz-runs.ts'

const memory = createBatchMemory(256 * 1024, 64 * 1024)
const kernels = loadKernels(memory)
const { bytes, inputStart, inputEnd } = memory

/** A generator of its own: the bytes are the same each time. */
function fillInput(seed: number): void {
  let state = seed
  for (let at = inputStart; at < inputEnd; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[at] = state >>> 24
  }
}

describe('createChecksum', () => {
  const checksum = createChecksum(memory, kernels)

  it('has a kernel here', () => {
    expect(kernels).not.toBeNull()
    expect(checksum).not.toBe(plainChecksum)
  })

  it('gives the CRC-32 of zlib for every length and place around its blocks and windows', () => {
    fillInput(1)
    for (const length of [
      0, 1, 4031, 16_383, 16_384, 16_385, 20_479, 20_480, 36_800, 36_863, 36_864, 36_865, 200_001,
    ]) {
      for (const shift of [0, 1, 15, 63]) {
        const start = inputStart + shift
        const expected = crc32(bytes.subarray(start, start + length), 0xdead_beef)
        expect(checksum(bytes, start, start + length, 0xdead_beef), `${length} bytes from ${shift} on`).toBe(expected)
      }
    }
  })

  it('gives the CRC-32 of zlib for any pieces of any text', () => {
    fillInput(2)
    const cuts = array(nat(inputEnd - inputStart), { maxLength: 6 })
    assert(
      property(cuts, (places) => {
        const ends = [...places, inputEnd - inputStart].toSorted((a, b) => a - b)
        let hash = 0
        let from = 0
        for (const end of ends) {
          hash = checksum(bytes, inputStart + from, inputStart + end, hash)
          from = end
        }
        expect(hash).toBe(crc32(bytes.subarray(inputStart, inputEnd)))
      }),
      { numRuns: fuzzRuns(50) },
    )
  })

  it('notices any single bit that changes', () => {
    fillInput(3)
    const end = inputStart + 40_000
    const before = checksum(bytes, inputStart, end, 0)
    for (let at = inputStart; at < end; at += 97) {
      const byte = bytes[at]!
      bytes[at] = byte ^ 1
      expect(checksum(bytes, inputStart, end, 0)).not.toBe(before)
      bytes[at] = byte
    }
  })

  it('leaves the text and all memory but its region as it was', () => {
    fillInput(4)
    const { foldedStart, textsStart } = memory
    bytes.fill(7, foldedStart, textsStart + 64)
    const before = Buffer.from(bytes.subarray(0, foldedStart))
    checksum(bytes, inputStart, inputEnd, 0)
    expect(before.equals(bytes.subarray(0, foldedStart))).toBe(true)
    expect(bytes.subarray(textsStart, textsStart + 64).every((byte) => byte === 7)).toBe(true)
  })

  it('takes bytes that are not in the memory', () => {
    const text = Buffer.alloc(50_000, 'drover')
    expect(checksum(text, 3, 40_000, 5)).toBe(crc32(text.subarray(3, 40_000), 5))
  })

  it('is that of zlib where there are no kernels', () => {
    expect(createChecksum(memory, null)).toBe(plainChecksum)
  })
})

import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { comparePathBytes, hashTree, type TreeTarget } from '../../src/commit/tree-hash.ts'

function sha(...parts: readonly Buffer[]): Buffer {
  return createHash('sha256').update(Buffer.concat(parts)).digest()
}

/** RFC 6962, section 2.1, word by word: slow, recursive, and independent of the streaming one. */
function referenceHash(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return sha()
  if (leaves.length === 1) return sha(Buffer.of(0), leaves[0]!)
  let split = 1
  while (split * 2 < leaves.length) split *= 2
  return sha(Buffer.of(1), referenceHash(leaves.slice(0, split)), referenceHash(leaves.slice(split)))
}

function makeTargets(count: number): TreeTarget[] {
  return Array.from({ length: count }, (_, i) => ({
    path: `folder/${String(i).padStart(5, '0')}.ndjson`,
    sizeBytes: i * 1000,
    hash: i.toString(16).padStart(8, '0'),
  }))
}

describe('hashTree', () => {
  it.each([0, 1, 2, 3, 4, 5, 7, 8, 9, 31, 100])('%i targets hash as RFC 6962 says', (count) => {
    const targets = makeTargets(count)
    const leaves = targets.map(({ path, sizeBytes, hash }) => Buffer.from(`${path}\0${sizeBytes}\0${hash}`))
    expect(hashTree(targets)).toBe(referenceHash(leaves).toString('hex'))
  })

  it.each([
    ['path', { path: 'other' }],
    ['size', { sizeBytes: 1 }],
    ['hash', { hash: '00000001' }],
  ])('a different %s gives a different tree hash', (_, change) => {
    const target = { path: 'a', sizeBytes: 0, hash: '00000000' }
    expect(hashTree([{ ...target, ...change }])).not.toBe(hashTree([target]))
  })

  it.each([
    ['b', 'a'],
    ['a', 'a'],
  ])('targets in the order %s, %s are refused', (first, second) => {
    const targets = [first, second].map((path) => ({ path, sizeBytes: 0, hash: '00000000' }))
    expect(() => hashTree(targets)).toThrow(RangeError)
  })
})

describe('comparePathBytes', () => {
  it('orders any two paths as their UTF-8 bytes are ordered', () => {
    const path = fc.string({
      unit: fc.constantFrom('a', 'é', '\uE000', '\uFFFD', '\u{1F600}', '\u{10FFFF}', '/'),
      maxLength: 4,
    })
    fc.assert(
      fc.property(path, path, (a, b) => {
        expect(comparePathBytes(a, b)).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)))
      }),
    )
  })
})

import { hash as digest } from 'node:crypto'

/*
 * The tree hash: one number for a whole target tree, the same however the work was divided. It is the Merkle tree hash of RFC 6962,
 * section 2.1, with SHA-256 (https://www.rfc-editor.org/rfc/rfc6962#section-2.1), written as 64 hex digits:
 *
 *   leaf   = SHA-256( 00 | path | 00 | size | 00 | hash )
 *   node   = SHA-256( 01 | left | right )
 *   empty  = SHA-256( )
 *
 * - The leaves are all targets in ascending order of the bytes of their paths.
 * - path: relative to the target root, `/` between parts, UTF-8. size: bytes, in decimal. hash: CRC-32 of the content (that of
 *   gzip and zlib), eight lower-case hex digits.
 * - left holds as many leaves as the largest power of two below the number of leaves, right the rest, and so on downwards.
 */

export interface TreeTarget {
  /** Relative to the target root, `/` between parts. */
  readonly path: string
  readonly sizeBytes: number
  /** CRC-32 of the content as eight hex digits. */
  readonly hash: string
}

/**
 * The tree hash of targets that come in the order of `comparePathBytes`, each path once. Keeps one hash for each binary digit of their
 * number, so a million targets need no memory worth naming.
 * @throws RangeError when a target is out of order.
 */
export function hashTree(targets: Iterable<TreeTarget>): string {
  // Roots of whole subtrees, each larger than the next: their sizes are the binary digits of the number of leaves so far.
  const subtrees: Buffer[] = []
  let leafCount = 0
  let previousPath: string | null = null
  for (const target of targets) {
    if (previousPath !== null && comparePathBytes(previousPath, target.path) >= 0) {
      throw new RangeError(`targets must come in ascending order: ${target.path} came after ${previousPath}`)
    }
    previousPath = target.path
    subtrees.push(hashLeaf(target))
    leafCount++
    for (let size = leafCount; size % 2 === 0; size /= 2) joinLastTwo(subtrees)
  }
  if (leafCount === 0) return digest('sha256', '', 'hex')
  while (subtrees.length > 1) joinLastTwo(subtrees)
  return subtrees[0]!.toString('hex')
}

function hashLeaf({ path, sizeBytes, hash }: TreeTarget): Buffer {
  return digest('sha256', `\0${path}\0${sizeBytes}\0${hash}`, 'buffer')
}

function joinLastTwo(subtrees: Buffer[]): void {
  const right = subtrees.pop()!
  const left = subtrees.pop()!
  subtrees.push(digest('sha256', Buffer.concat([NODE_MARK, left, right]), 'buffer'))
}

const NODE_MARK = Buffer.of(1)

/**
 * Orders paths as the bytes of their UTF-8 form are ordered. Only differs from the order of JavaScript strings where a character
 * beyond U+FFFF (a surrogate pair there) meets one from U+E000 on.
 */
export function comparePathBytes(a: string, b: string): number {
  if (a === b) return 0
  if (!BEYOND_SURROGATES.test(a) || !BEYOND_SURROGATES.test(b)) return a < b ? -1 : 1
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

/** Surrogates and what comes after them: only where both paths have such a code unit can the orders differ. */
const BEYOND_SURROGATES = /[\uD800-\uFFFF]/

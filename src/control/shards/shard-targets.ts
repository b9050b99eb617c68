import { comparePathBytes } from '../../commit/tree-hash.ts'
import { MigrationError } from '../../errors/migration-error.ts'
import { printableName } from '../../errors/printable-name.ts'
import type { GuardedTree } from '../../storage/local/guarded-tree.ts'
import { ShardTargetSchema, type ShardTarget } from '../../model/shard.ts'

/*
 * Lists of targets of a thousand shards, 100,000,000 lines in all, are read side by side as one sorted list: a piece of each in memory, no
 * file open between two pieces (a process may have 1,024 open), the next line found with a heap.
 */

const PIECE_BYTES = 64 * 1024

/**
 * The targets in a list that a shard left, in the order of its lines.
 * @param tree the folder that the reports lie in, or the target tree.
 * @param name the path as messages show it.
 * @throws MigrationError SHARD_DAMAGED for a line that is none; errors of the system as they are.
 */
export function* readShardTargets(tree: GuardedTree, path: string, name: string): Generator<ShardTarget> {
  let rest = Buffer.alloc(0)
  for (let offset = 0; ;) {
    const piece = readPiece(tree, path, name, offset)
    offset += piece.length
    const bytes = Buffer.concat([rest, piece])
    let start = 0
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      yield parseTarget(bytes.toString('utf8', start, end), name)
      start = end + 1
    }
    rest = bytes.subarray(start)
    if (piece.length > 0) continue
    if (rest.length > 0) throw damaged(name, 'its last line is not whole')
    return
  }
}

function readPiece(tree: GuardedTree, path: string, name: string, offset: number): Buffer {
  try {
    return tree.readPiece(path, offset, PIECE_BYTES)
  } catch (error) {
    throw error instanceof MigrationError ? damaged(name, error.message) : error
  }
}

function parseTarget(line: string, name: string): ShardTarget {
  try {
    return ShardTargetSchema.parse(JSON.parse(line))
  } catch {
    throw damaged(name, `a line is no target: ${printableName(line.slice(0, 80))}`)
  }
}

/** The error for a list or a report that is not as a shard left it. */
export function damaged(name: string, problem: string): MigrationError {
  return new MigrationError('SHARD_DAMAGED', `${name} is not as its shard left it: ${problem}`, {
    phase: 'plan',
    hint: 'run that shard once more: it converts nothing again, and writes its report anew',
  })
}

/**
 * Sorted lists as one sorted list.
 * @throws MigrationError SHARD_TWICE for a target that is there twice.
 */
export function* mergeShardTargets(lists: readonly Iterable<ShardTarget>[]): Generator<ShardTarget> {
  const heap: Head[] = []
  for (const list of lists) {
    const rest = list[Symbol.iterator]()
    const first = rest.next()
    if (first.done !== true) rise(heap, { target: first.value, rest })
  }
  let last: string | null = null
  for (let head = heap[0]; head !== undefined; head = heap[0]) {
    const { target, rest } = head
    if (target.path === last) throw targetTwice(target)
    last = target.path
    yield target
    const next = rest.next()
    const moved = next.done === true ? heap.pop() : { target: next.value, rest }
    // The last one was the top itself.
    if (moved !== undefined && heap.length > 0) sink(heap, moved)
  }
}

interface Head {
  readonly target: ShardTarget
  readonly rest: Iterator<ShardTarget>
}

function targetTwice({ path, source }: ShardTarget): MigrationError {
  const names = `${printableName(path)}, from ${printableName(source)}`
  return new MigrationError('SHARD_TWICE', `two shards made the same target: ${names}`, {
    phase: 'plan',
    hint: 'the reports are of different divisions of the tree: run all shards with the same version of Drover',
  })
}

function isBefore(a: Head | undefined, b: Head | undefined): boolean {
  return a !== undefined && b !== undefined && comparePathBytes(a.target.path, b.target.path) < 0
}

function rise(heap: Head[], head: Head): void {
  let place = heap.push(head) - 1
  while (place > 0) {
    const above = (place - 1) >> 1
    const parent = heap[above]
    if (parent === undefined || !isBefore(head, parent)) break
    heap[place] = parent
    place = above
  }
  heap[place] = head
}

/** Puts a head in the place of the top. */
function sink(heap: Head[], head: Head): void {
  let place = 0
  for (;;) {
    const left = place * 2 + 1
    const child = isBefore(heap[left + 1], heap[left]) ? left + 1 : left
    const below = heap[child]
    if (below === undefined || !isBefore(below, head)) break
    heap[place] = below
    place = child
  }
  heap[place] = head
}

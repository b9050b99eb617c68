import { MigrationError } from '../errors/migration-error.ts'
import { printableName } from '../errors/printable-name.ts'
import type { SourceList } from '../model/source-list.ts'
import { hashText, slotCount } from './path-index.ts'
import type { TargetNames } from './target-names.ts'

/**
 * Two sources must not make one target, not even on a file system that takes `A` and `a`, or the two ways to write `é`, for the
 * same name: the tree may be copied to one later.
 */

/** Pairs that a message shows. */
const SHOWN_PAIRS = 3

/**
 * Linear in the files.
 * @param otherTargets what `--target-name append` would make; null: it says so already.
 * @throws MigrationError TARGET_COLLISION naming the first pairs of sources and the number of all.
 */
export function refuseCollisions(files: SourceList, targets: TargetNames, otherTargets: TargetNames | null): void {
  const collisions = findCollisions(targets)
  if (collisions.count === 0) return
  const shown = collisions.examples.map(({ first, second, target }) => {
    const sources = `${printableName(files.path(first))} and ${printableName(files.path(second))}`
    return `${sources} would both make ${printableName(target)}`
  })
  const more = collisions.count > shown.length ? `, and ${collisions.count - shown.length} more` : ''
  throw new MigrationError('TARGET_COLLISION', `${shown.join('; ')}${more}`, {
    phase: 'plan',
    hint: adviseCollision(files, collisions, otherTargets),
    position: { file: files.path(collisions.examples[0]?.second ?? 0) },
  })
}

/** What would be refused again is not said. */
function adviseCollision(files: SourceList, { count, examples }: Collisions, others: TargetNames | null): string {
  if (others !== null && findCollisions(others).count === 0)
    return '--target-name append keeps the old extension in the name'
  const rename =
    'rename one of each two: their targets would be one on a file system that does not tell their names apart'
  // With all pairs at hand it is certain that the rest collides no more.
  if (count > examples.length) return rename
  const seconds = [...new Set(examples.map(({ second }) => files.path(second)))]
  const excludes = seconds.map((path) => `--exclude ${quoteForShell(`/${escapeGlob(path)}`)}`)
  return `${rename}; or leave them to a run of their own, with another --out: ${excludes.join(' ')}`
}

/** A path as a pattern that matches it alone. */
function escapeGlob(path: string): string {
  return path.replaceAll(/[*?[\]{}\\]/g, (character) => `\\${character}`)
}

function quoteForShell(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}

export interface Collisions {
  readonly count: number
  /** The first few. `target` is what the second of the two sources would make. */
  readonly examples: readonly { readonly first: number; readonly second: number; readonly target: string }[]
}

/** Finds targets that are the same, and targets that are a folder on the way to another. */
export function findCollisions(targets: TargetNames): Collisions {
  const table = new FoldedTable(targets)
  const examples: { first: number; second: number; target: string }[] = []
  let count = 0
  const note = (first: number, second: number) => {
    count += 1
    if (examples.length < SHOWN_PAIRS) examples.push({ first, second, target: targets.path(second) })
  }
  for (let index = 0; index < targets.length; index++) {
    const first = table.add(index)
    if (first >= 0) note(first, index)
  }
  const seenFolders = new Set<string>([''])
  for (let index = 0; index < targets.length; index++) {
    for (let folder = targets.folder(index); !seenFolders.has(folder); folder = parentOf(folder)) {
      seenFolders.add(folder)
      const file = table.find(foldName(folder))
      if (file >= 0) note(index, file)
    }
  }
  return { count, examples }
}

function parentOf(folder: string): string {
  return folder.slice(0, Math.max(0, folder.lastIndexOf('/')))
}

/** The name with case and Unicode form taken out. */
function foldName(name: string): string {
  // What most names are made of needs no normalising, which is slow.
  return /[^\0-\x7f]/.test(name) ? name.toLowerCase().normalize('NFC') : name.toLowerCase()
}

/** Numbers of targets by their folded paths: 12 to 24 bytes a target, hashes kept to compare texts only where these agree. */
class FoldedTable {
  readonly #targets: TargetNames
  /** Numbers plus one; 0 is a free slot. At most half of the slots are taken. */
  readonly #slots: Int32Array
  readonly #hashes: Int32Array

  constructor(targets: TargetNames) {
    this.#targets = targets
    this.#slots = new Int32Array(slotCount(targets.length))
    this.#hashes = new Int32Array(targets.length)
  }

  /** Enters a target. Returns the one that is there already under the same folded path, or -1. */
  add(index: number): number {
    const folded = foldName(this.#targets.path(index))
    const hash = hashText(folded)
    const slot = this.#slotOf(folded, hash)
    const present = (this.#slots[slot] ?? 0) - 1
    if (present >= 0) return present
    this.#slots[slot] = index + 1
    this.#hashes[index] = hash
    return -1
  }

  /** The target with a folded path, or -1. */
  find(folded: string): number {
    return (this.#slots[this.#slotOf(folded, hashText(folded))] ?? 0) - 1
  }

  #slotOf(folded: string, hash: number): number {
    const mask = this.#slots.length - 1
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const index = (this.#slots[slot] ?? 0) - 1
      if (index < 0) return slot
      if (this.#hashes[index] === hash && foldName(this.#targets.path(index)) === folded) return slot
    }
  }
}

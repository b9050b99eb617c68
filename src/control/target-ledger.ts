import { formatCrc32 } from '../commit/journal/format-crc32.ts'
import { comparePathBytes, hashTree, type TreeTarget } from '../commit/tree-hash.ts'
import { PathIndex } from '../plan/path-index.ts'
import type { ResumeDecision } from '../plan/resume-decision.ts'
import type { TargetNames } from '../plan/target-names.ts'

/** The targets of a plan that are there and proved, by earlier runs or this one: 13 bytes each. */
export class TargetLedger {
  readonly #targets: TargetNames
  readonly #sizes: Float64Array
  readonly #hashes: Uint32Array
  readonly #areThere: Uint8Array
  #count = 0
  /** Of these, targets that earlier runs made. */
  foundCount = 0
  readonly #index: PathIndex

  constructor(targets: TargetNames) {
    this.#targets = targets
    this.#index = new PathIndex(targets)
    this.#sizes = new Float64Array(targets.length)
    this.#hashes = new Uint32Array(targets.length)
    this.#areThere = new Uint8Array(targets.length)
  }

  add(index: number, sizeBytes: number, hash: number): void {
    this.#count += 1 - (this.#areThere[index] ?? 0)
    this.#sizes[index] = sizeBytes
    this.#hashes[index] = hash
    this.#areThere[index] = 1
  }

  /** Adds the targets that earlier runs made. @param toConvert the indexes of all others, ascending. */
  addDone(decision: Pick<ResumeDecision, 'done'>, toConvert: Uint32Array): void {
    let next = 0
    for (let index = 0; index < this.#targets.length; index++) {
      if (toConvert[next] === index) {
        next++
        continue
      }
      const { targetBytes, targetHash } = decision.done(index)
      this.add(index, targetBytes, targetHash)
      this.foundCount++
    }
  }

  /** The number of targets of the plan. */
  get length(): number {
    return this.#targets.length
  }

  /** The number of a target; -1: it is not of the plan. */
  find(target: string): number {
    return this.#index.find(target)
  }

  /** True where all targets of the plan are there. */
  get isComplete(): boolean {
    return this.#count === this.#targets.length
  }

  /** Whether a target is there: what this run made or found proved settles the claims of all earlier runs. */
  has(target: string): boolean {
    const index = this.#index.find(target)
    return index >= 0 && this.#areThere[index] === 1
  }

  /** How many targets are there. */
  get targetCount(): number {
    return this.#count
  }

  /** The Merkle root over all targets that are there. */
  treeHash(): string {
    return hashTree(this.inOrder())
  }

  /** The targets that are there, each with the number of its file, in the order of the tree hash. */
  *inOrder(): Generator<TreeTarget & { readonly index: number }> {
    const paths = Array.from({ length: this.#targets.length }, (_, index) => this.#targets.path(index))
    const order = Uint32Array.from(paths.keys()).sort((a, b) => comparePathBytes(paths[a] ?? '', paths[b] ?? ''))
    for (const index of order) {
      if (this.#areThere[index] === 0) continue
      const hash = formatCrc32(this.#hashes[index] ?? 0)
      yield { path: paths[index] ?? '', sizeBytes: this.#sizes[index] ?? 0, hash, index }
    }
  }
}

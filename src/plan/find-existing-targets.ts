import { join } from 'node:path'
import { MigrationError, fromWireError, toWireError } from '../errors/migration-error.ts'
import { printableName } from '../errors/printable-name.ts'
import type { SeenFile } from '../model/paths/seen-file.ts'
import { isPromise, recovering, type Answer } from '../storage/answer.ts'
import type { FolderContents, TreeEntry, TreeFiles } from '../storage/tree-files.ts'
import type { TargetNames } from './target-names.ts'

/** Which targets are there before the run: what an earlier run left, or what is not ours to replace. */

const ABSENT = -1
const NO_FILE = -2

export class ExistingTargets {
  readonly #sizes: Float64Array | null
  readonly #mtimes: BigInt64Array | null

  /** @param sizes by number; null where nothing exists. @param mtimes in nanoseconds since 1970, by number. */
  constructor(sizes: Float64Array | null, mtimes: BigInt64Array | null = null) {
    this.#sizes = sizes
    this.#mtimes = mtimes
  }

  /** Something is there under the target's name. */
  has(index: number): boolean {
    return this.#size(index) !== ABSENT
  }

  /** The size of the file that is there; null where there is none, or no regular file. */
  sizeBytes(index: number): number | null {
    const size = this.#size(index)
    return size < 0 ? null : size
  }

  /** The file that is there: what may be replaced as long as it is the same. Null where there is none. */
  seen(index: number): SeenFile | null {
    const sizeBytes = this.sizeBytes(index)
    return sizeBytes === null ? null : { sizeBytes, mtimeNs: this.#mtimes?.[index] ?? 0n }
  }

  #size(index: number): number {
    return this.#sizes?.[index] ?? ABSENT
  }
}

/**
 * Looks for all targets by listing each target folder once, and looking only at names that are there: a new tree costs one look
 * a folder, however many files it will get. 16 bytes of memory a target, none for a new tree.
 * @param tree the target tree, which need not exist.
 * @throws MigrationError with the errno's name where a folder cannot be listed.
 */
export async function findExistingTargets(tree: TreeFiles, targets: TargetNames): Promise<ExistingTargets> {
  const found = new FoundTargets(targets.length)
  let folder: string | null = null
  let contents: FolderContents | null = null
  for (let index = 0; index < targets.length; index++) {
    // The files of a folder stand together in the list of sources.
    if (targets.folder(index) !== folder) {
      folder = targets.folder(index)
      const listed = contentsOf(tree, join(tree.root, folder))
      contents = isPromise(listed) ? await listed : listed
    }
    if (contents === null || contents.isEmpty) continue
    const answer = contents.look(targets.name(index))
    const entry = isPromise(answer) ? await answer : answer
    if (entry !== null) found.add(index, entry)
  }
  return found.all()
}

class FoundTargets {
  readonly #count: number
  #sizes: Float64Array | null = null
  #mtimes: BigInt64Array | null = null

  constructor(count: number) {
    this.#count = count
  }

  add(index: number, { kind, sizeBytes, mtimeNs }: TreeEntry): void {
    this.#sizes ??= new Float64Array(this.#count).fill(ABSENT)
    this.#mtimes ??= new BigInt64Array(this.#count)
    this.#sizes[index] = kind === 'file' ? sizeBytes : NO_FILE
    this.#mtimes[index] = mtimeNs
  }

  all(): ExistingTargets {
    return new ExistingTargets(this.#sizes, this.#mtimes)
  }
}

function contentsOf(tree: TreeFiles, folder: string): Answer<FolderContents> {
  return recovering(
    () => tree.contentsOf(folder),
    (thrown) => {
      throw fromWireError(toWireError(thrown, { phase: 'plan', file: folder }))
    },
  )
}

export interface ForeignTargetRules {
  /** An earlier run made the target, or was about to. */
  readonly isClaimed: (index: number) => boolean
  /** `--overwrite`: files may be replaced, whoever made them. */
  readonly mayOverwrite: boolean
  /** What is damaged of the bookkeeping, and from where; null: nothing is. */
  readonly damaged: string | null
}

/** Targets that a message names. */
const SHOWN_TARGETS = 5

/**
 * Refuses to replace what no earlier run made. A folder or a link in a target's place is never replaced.
 * @throws MigrationError TARGET_EXISTS naming the first targets and the number of all; BOOKKEEPING_DAMAGED where the proof that Drover made
 *   them may be lost.
 */
export function refuseForeignTargets(existing: ExistingTargets, targets: TargetNames, rules: ForeignTargetRules): void {
  const shown: string[] = []
  let count = 0
  let hasOtherKind = false
  for (let index = 0; index < targets.length; index++) {
    if (!existing.has(index)) continue
    const isFile = existing.sizeBytes(index) !== null
    if (isFile && (rules.mayOverwrite || rules.isClaimed(index))) continue
    count += 1
    hasOtherKind ||= !isFile
    const kind = isFile ? '' : ' (no regular file)'
    if (shown.length < SHOWN_TARGETS) shown.push(`${printableName(targets.path(index))}${kind}`)
  }
  if (count === 0) return
  const what = count === 1 ? '1 target is already there' : `${count} targets are already there`
  const names = `${shown.join(', ')}${count > shown.length ? ', ...' : ''}`
  if (hasOtherKind || rules.damaged === null) {
    throw new MigrationError(
      'TARGET_EXISTS',
      `${what}, and nothing here proves that Drover made ${count === 1 ? 'it' : 'them'}: ${names}`,
      {
        phase: 'plan',
        hint: hasOtherKind
          ? 'folders and links are never replaced: move them away, or give --out another folder'
          : 'give --out another folder, or say --overwrite to replace them',
      },
    )
  }
  const lost = count === 1 ? '1 target that is there' : `${count} targets that are there`
  throw new MigrationError(
    'BOOKKEEPING_DAMAGED',
    `${rules.damaged}, so nothing proves any more that Drover made ${lost}: ${names}`,
    {
      phase: 'plan',
      hint: 'put that file back from a copy if there is one; else make sure that none of these targets is yours, and say --overwrite: it makes them again',
    },
  )
}

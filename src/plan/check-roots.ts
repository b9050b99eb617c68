import { join } from 'node:path'
import { MigrationError } from '../errors/migration-error.ts'
import { printableName } from '../errors/printable-name.ts'
import { BOOKKEEPING_FOLDER } from '../model/paths/path-inside.ts'
import { andThen, isPromise, type Answer } from '../storage/answer.ts'
import type { SourceStorage } from '../storage/source-storage.ts'
import { sourcesAt } from '../storage/storages.ts'
import type { TargetStorage } from '../storage/target-storage.ts'
import type { EntryKind, TreeFiles } from '../storage/tree-files.ts'
import type { TargetNames } from './target-names.ts'

/**
 * Source and target tree must not run into each other: a target inside the source would be taken as a source by the next run,
 * and a target on a source would destroy it. Links inside the target tree could lead to either, so they are refused.
 */

/** What there is to know about the source tree. */
export interface SourceRoot {
  /** Absolute real path of the source tree; of a single file: its folder. */
  readonly root: string
  readonly isSingleFile: boolean
  /** Levels of folders below the root that sources can lie in. */
  readonly depth: number
}

/**
 * @param sourceName the name of the single source file; unused for a tree.
 * @param target the target tree; links on the way to its root are resolved as far as it exists.
 * @param sources where the sources lie; default: what the path of their root tells.
 * @throws MigrationError TARGET_INSIDE_SOURCE, TARGET_LINK, TARGET_NOT_A_FOLDER.
 */
export async function checkRoots(
  source: SourceRoot,
  sourceName: string,
  target: TargetStorage,
  targets: TargetNames,
  sources: SourceStorage = sourcesAt(source.root),
): Promise<void> {
  if (source.isSingleFile) {
    const [path, targetPath] = [join(source.root, sourceName), join(target.root, targets.path(0))]
    if (path === targetPath || (await isSameFile(path, sources, targetPath, target)))
      throw insideSource(`the target ${printableName(targetPath)} is the source itself`)
  } else {
    refuseTargetTreeInside(source, target.root)
    refuseTargetsInside(source.root, target.root, targets)
  }
  await refuseLinks(target, targets)
}

/**
 * Neither tree may lie in the bookkeeping of a target tree: nothing there is a source, and a target there would be taken for bookkeeping.
 * @param sourceRoot real path. @param targetRoot links resolved as far as it exists.
 * @throws MigrationError WRONG_USE.
 */
export function refuseBookkeeping(sourceRoot: string, targetRoot: string): void {
  for (const [flag, path] of [
    ['--in', sourceRoot],
    ['--out', targetRoot],
  ] as const) {
    if (!path.split(/[/\\]/).includes(BOOKKEEPING_FOLDER)) continue
    throw new MigrationError('WRONG_USE', `${flag} ${printableName(path)} lies in the bookkeeping of a target tree`, {
      phase: 'plan',
      hint: `nothing in ${BOOKKEEPING_FOLDER} is a source or a target: name another folder, or copy what you need out of it first`,
    })
  }
}

/** The same file may go by two names: a link, or another case. */
async function isSameFile(
  source: string,
  sources: SourceStorage,
  target: string,
  storage: TargetStorage,
): Promise<boolean> {
  const there = await storage.identityOf(target)
  return there !== null && there === (await sources.identityOf(source))
}

function refuseTargetTreeInside(source: SourceRoot, targetRoot: string): void {
  if (targetRoot === source.root) {
    throw insideSource(`the target tree ${printableName(targetRoot)} is the source tree itself`)
  }
  const below = pathBelow(source.root, targetRoot)
  // Of a pattern such as *.csv all sources lie above a target folder beside them.
  if (below === null || below.split('/').length >= source.depth) return
  throw insideSource(
    `the target tree ${printableName(targetRoot)} is inside the source tree ${printableName(source.root)}`,
  )
}

/** The source tree may lie in the target tree, as long as no target falls into it. */
function refuseTargetsInside(sourceRoot: string, targetRoot: string, targets: TargetNames): void {
  const below = pathBelow(targetRoot, sourceRoot)
  if (below === null) return
  for (let index = 0; index < targets.length; index++) {
    const path = targets.path(index)
    if (path !== below && !path.startsWith(`${below}/`)) continue
    throw insideSource(
      `the target ${printableName(join(targetRoot, path))} is inside the source tree ${printableName(sourceRoot)}`,
    )
  }
}

/** The path relative to a folder that it lies in, or null where it does not. */
function pathBelow(folder: string, path: string): string | null {
  const top = folder === '/' ? folder : `${folder}/`
  return path.startsWith(top) && path !== top ? path.slice(top.length) : null
}

function insideSource(message: string): MigrationError {
  return new MigrationError('TARGET_INSIDE_SOURCE', message, {
    phase: 'plan',
    hint: 'give --out a folder outside of the source',
  })
}

/** Looks at each folder on the way to a target once, from the top down and no further than what exists. */
async function refuseLinks(tree: TreeFiles, targets: TargetNames): Promise<void> {
  const folders = new PlainFolders(tree)
  await folders.has(BOOKKEEPING_FOLDER)
  for (let index = 0; index < targets.length; index++) {
    const answer = folders.has(targets.folder(index))
    if (isPromise(answer)) await answer
  }
}

/** Which folders of a tree are there, each looked at once. */
class PlainFolders {
  readonly #tree: TreeFiles
  readonly #exists = new Map<string, boolean>()

  constructor(tree: TreeFiles) {
    this.#tree = tree
  }

  /** @param folder relative to the root, which is ''. @throws MigrationError TARGET_LINK, TARGET_NOT_A_FOLDER. */
  has(folder: string): Answer<boolean> {
    const known = this.#exists.get(folder)
    if (known !== undefined) return known
    return andThen(this.#look(folder), (isThere) => {
      this.#exists.set(folder, isThere)
      return isThere
    })
  }

  #look(folder: string): Answer<boolean> {
    if (folder === '') return andThen(this.#tree.look(this.#tree.root), (entry) => entry !== null)
    return andThen(this.has(folder.slice(0, Math.max(0, folder.lastIndexOf('/')))), (isAboveThere) => {
      if (!isAboveThere) return false
      const path = join(this.#tree.root, folder)
      return andThen(this.#tree.look(path), (entry) => entry !== null && requireFolder(path, entry.kind))
    })
  }
}

function requireFolder(path: string, kind: EntryKind): true {
  if (kind === 'folder') return true
  const shown = printableName(path)
  if (kind === 'link') {
    throw new MigrationError('TARGET_LINK', `${shown} is a symbolic link, and targets would be written through it`, {
      phase: 'plan',
      hint: 'put a real folder in its place, or give --out the folder that it leads to',
    })
  }
  throw new MigrationError('TARGET_NOT_A_FOLDER', `${shown} is not a folder, but targets belong below it`, {
    phase: 'plan',
    hint: 'move it away, or give --out another folder',
  })
}

import { toWireError, type WireError } from '../../errors/migration-error.ts'
import type { StagedTarget } from './staged-target.ts'

/** A file on its way to its name. */
export interface Publication<File extends StagedTarget = StagedTarget> {
  readonly file: File
  isPlaced: boolean
  /** Folders of rejects that it changed; null for nearly all. */
  rejectsFolders: Set<string> | null
  /** Why it is not committed; null: nothing speaks against it. */
  error: WireError | null
}

export function beginPublication<File extends StagedTarget>(file: File): Publication<File> {
  return { file, isPlaced: false, rejectsFolders: null, error: null }
}

/** Notes folders of rejects, which must be synced before the file counts. */
export function noteRejectsFolders(publication: Publication, folders: readonly string[]): void {
  if (folders.length === 0) return
  publication.rejectsFolders ??= new Set()
  for (const folder of folders) publication.rejectsFolders.add(folder)
}

/** The folder of a target, relative to the tree; empty: the tree itself. */
export function folderOf(target: string): string {
  const slash = target.lastIndexOf('/')
  return slash < 0 ? '' : target.slice(0, slash)
}

export function failPublication(publication: Publication, error: unknown): void {
  publication.error = toWireError(error, { phase: 'commit', file: publication.file.source })
}

export function aliveOf<Each extends Publication>(publications: readonly Each[]): Each[] {
  return publications.filter(({ error }) => error === null)
}

import type { CommitOutcome } from './commit-outcome.ts'
import type { Proof } from './proof.ts'
import { aliveOf, beginPublication, failPublication, type Publication } from './publication.ts'
import type { StagedTarget } from './staged-target.ts'

/** Files that are proved together. */
export interface Part<File extends StagedTarget = StagedTarget> {
  readonly files: readonly File[]
  readonly proof: Proof<File>
}

/** A part whose files are on their way to their names. */
export interface PartInWork<File extends StagedTarget = StagedTarget> {
  readonly proof: Proof<File>
  readonly publications: readonly Publication<File>[]
  /** Folders that must be synced. */
  readonly changed: Set<string>
  /** False where the proof may be there although writing it failed: what is staged must stay. */
  mayDiscard: boolean
}

export function beginPart<File extends StagedTarget>({ files, proof }: Part<File>): PartInWork<File> {
  const changed = new Set(proof.folder === null ? [] : [proof.folder])
  return { proof, publications: files.map(beginPublication), changed, mayDiscard: true }
}

/** A step that all files pass or fail together which have not failed yet. @returns whether there are any, and they passed it. */
export async function passTogether(
  { publications }: Pick<PartInWork, 'publications'>,
  step: () => void | Promise<void>,
): Promise<boolean> {
  const alive = aliveOf(publications)
  if (alive.length === 0) return false
  return pass(alive, step)
}

/** A step that all files must come to, or fail: those of one record count together. A part may have no file at all, and yet a proof. */
export async function passAll(
  { publications }: Pick<PartInWork, 'publications'>,
  step: () => void | Promise<void>,
): Promise<boolean> {
  const failed = publications.find(({ error }) => error !== null)?.error ?? null
  if (failed === null) return pass(publications, step)
  for (const publication of publications)
    publication.error ??= { ...failed, position: { file: publication.file.source } }
  return false
}

async function pass(publications: readonly Publication[], step: () => void | Promise<void>): Promise<boolean> {
  try {
    await step()
    return true
  } catch (error) {
    for (const publication of publications) failPublication(publication, error)
    return false
  }
}

/** Writes a proof that comes before the names. @returns whether it is there, and ours. */
export async function win<File extends StagedTarget>(part: PartInWork<File>, syncNs: number): Promise<boolean> {
  return pass(part.publications, async () => {
    try {
      await part.proof.write(
        part.publications.map(({ file }) => file),
        syncNs,
      )
    } catch (error) {
      part.mayDiscard = (error as { code?: string }).code === 'COMMIT_LOST'
      throw error
    }
  })
}

/** Writes a proof that comes after the names, of those that are in their places. */
export async function prove<File extends StagedTarget>(part: PartInWork<File>, syncNs: number): Promise<void> {
  await passTogether(part, () =>
    part.proof.write(
      aliveOf(part.publications).map(({ file }) => file),
      syncNs,
    ),
  )
}

/** All folders that must be synced for the names to last. */
export function changedBy({ changed, publications }: PartInWork): string[] {
  const folders = [...changed]
  for (const { rejectsFolders } of publications) if (rejectsFolders !== null) folders.push(...rejectsFolders)
  return folders
}

/** Fails the files whose names are lost with a folder. */
export function failBelow(
  folder: string,
  error: unknown,
  publications: readonly Publication[],
  targetRoot: string,
): void {
  for (const publication of aliveOf(publications)) {
    const { file, rejectsFolders } = publication
    if (rejectsFolders?.has(folder) || `${targetRoot}/${file.target}`.startsWith(`${folder}/`))
      failPublication(publication, error)
  }
}

/** The staged files of those that failed. */
export function toDiscard<File extends StagedTarget>({ mayDiscard, publications }: PartInWork<File>): File[] {
  return mayDiscard ? publications.flatMap(({ error, file }) => (error === null ? [] : [file])) : []
}

/** @param syncNs the share of each file in what was spent. */
export function outcomesOf({ publications }: PartInWork, syncNs: number): CommitOutcome[] {
  return publications.map(({ error }) =>
    error === null ? { isCommitted: true, syncNs } : { isCommitted: false, error },
  )
}

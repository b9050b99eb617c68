import { join } from 'node:path'
import { MigrationError } from '../errors/migration-error.ts'
import { printableName } from '../errors/printable-name.ts'
import { targetsAt } from '../storage/storages.ts'

export interface TargetRoot {
  /** Absolute path of the target tree, links resolved as far as it exists. */
  readonly root: string
  /** The target's name where `--out` names a file; null: names follow from the sources. */
  readonly singleName: string | null
}

/**
 * Works out what `--out` means. For a single source file it is a folder to put the target into when it is one or ends in `/`, else
 * the target itself; for a tree it is always the target tree, which may not exist yet and may itself be a link to a folder.
 * @param finder default: that of the storage that the path lies in.
 * @throws MigrationError TARGET_NOT_A_FOLDER where something else is in the way, WRONG_USE for a pipe or device; the errno's name where it cannot be looked at.
 */
export async function resolveTargetRoot(
  out: string,
  isSingleFile: boolean,
  finder = targetsAt(out),
): Promise<TargetRoot> {
  if (isSingleFile && !/[/\\]$/.test(out)) {
    const { kind, folder, name } = await finder.find(out)
    if (kind === 'other') throw isDevice(join(folder, name))
    if (kind !== 'folder') return { root: await finder.rootAt(folder), singleName: name }
  }
  return { root: await finder.rootAt(out), singleName: null }
}

/** `/dev/stdout`, a FIFO: a target is staged beside its place and renamed into it, which nobody at the other end would see. */
function isDevice(path: string): MigrationError {
  return new MigrationError('WRONG_USE', `--out ${printableName(path)} is neither a file nor a folder`, {
    phase: 'plan',
    hint: 'pipes, sockets and devices are not written: name a file',
  })
}

import { MigrationError } from '../errors/migration-error.ts'
import { printableName } from '../errors/printable-name.ts'
import type { FoundSource, SourceStorage } from '../storage/source-storage.ts'
import { parseShellPattern } from './shell-pattern.ts'

/** What `--in` means: a file, a folder, or a pattern. */
export type Source =
  | Exclude<FoundSource, { readonly kind: 'other' }>
  | {
      readonly kind: 'pattern'
      /** The folder that the pattern starts in: what stands before its first part with a wildcard. */
      readonly root: string
      readonly matches: (path: string) => boolean
      /** Levels of folders that the pattern can reach; Infinity with `**`. */
      readonly depth: number
    }

/**
 * Finds the source. A path that exists is taken as it is, even where it could be read as a pattern.
 * In a pattern wildcards mean what they mean to a shell: `*` stays inside a folder and does not match a leading dot.
 * @throws MigrationError NO_SUCH_SOURCE with the nearest thing that exists; WRONG_USE for a pipe, socket or device; the errno's name
 *   where the path cannot be looked at.
 */
export async function resolveSource(storage: SourceStorage, given: string): Promise<Source> {
  const found = await storage.find(given)
  if (found?.kind === 'other') {
    throw new MigrationError('WRONG_USE', `--in ${printableName(given)} is neither a file nor a folder`, {
      phase: 'discover',
      hint: 'pipes, sockets and devices are not read: save the content to a file first',
    })
  }
  return found ?? (await resolvePattern(storage, given)) ?? refuse(storage, given)
}

async function resolvePattern(storage: SourceStorage, given: string): Promise<Source | null> {
  const pattern = parseShellPattern(given)
  if (pattern === null) return null
  const folder = await storage.find(pattern.base === '' ? '.' : pattern.base)
  if (folder?.kind !== 'folder') return null
  const { matches, depth } = pattern
  return { kind: 'pattern', root: folder.root, matches, depth }
}

async function refuse(storage: SourceStorage, given: string): Promise<never> {
  throw new MigrationError('NO_SUCH_SOURCE', `there is no file or folder ${printableName(given)}`, {
    phase: 'discover',
    hint: await storage.hintAtMissing(given),
  })
}

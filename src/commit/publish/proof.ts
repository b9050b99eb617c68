import type { StagedTarget } from './staged-target.ts'

/**
 * What says that files are committed. There are two: the journal of a run, which comes `after` the names of its files, and the record of a
 * unit on a cluster, which comes `before` them. Publisher says when each is written, and why.
 */
export interface Proof<File extends StagedTarget = StagedTarget> {
  /**
   * `before`: all files count or none, by a record that one node wins; from then on anybody may give them their names.
   * `after`: each file counts that is in its place, durably.
   */
  readonly comes: 'before' | 'after'
  /** The folder of a proof that has a file of its own: it is synced with those of the targets. */
  readonly folder: string | null
  /** Asked before anything gets its name. @throws where the tree is not, or may not be, ours any more. */
  assertOwned(): void | Promise<void>
  /**
   * Writes it.
   * @param syncNs what was spent for each file until now.
   * @throws where the files may or may not be proved; MigrationError COMMIT_LOST where another node has committed them, and they are not.
   */
  write(files: readonly File[], syncNs: number): Promise<void>
}

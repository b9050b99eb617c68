import type { DataPlan } from '../model/data-plan.ts'
import type { ResolvedOptions } from '../options/options.ts'
import type { SourceList } from '../model/source-list.ts'
import type { FileTask } from '../model/task.ts'

/**
 * The files that an engine converts, and how: the plan of a run, or a shard's part of one. Files are named by their index in the list, and
 * targets by the index of their file.
 */
export interface Work {
  readonly data: DataPlan
  readonly discovery: {
    /** Absolute; paths of the list are relative to it. */
    readonly root: string
    readonly files: SourceList
  }
  readonly targets: {
    /** Relative to the target root, `/` between parts. */
    path(index: number): string
  }
  readonly threads: number
  /** Why there are fewer threads than asked for; null where there are as many. */
  readonly threadWarning: string | null
  readonly options: Pick<ResolvedOptions, 'threads' | 'memoryLimit' | 'taskTimeout' | 'retries' | 'halt' | 'fsync'>
}

/** The tasks of a work, each with the indexes of its files, in the order in which they are handed out. */
export interface TaskSource {
  readonly tasks: Iterable<readonly number[]>
  /** Files that several threads convert together, each alone in its task. */
  readonly splits: ReadonlySet<number>
  /** False: tasks in work are finished, no further one is begun. */
  readonly mayGoOn: () => boolean
}

/** The part of a task that says which file is meant; where its target goes is up to the caller. */
export function describeSource({ discovery: { root, files } }: Pick<Work, 'discovery'>, index: number): FileTask {
  return {
    index,
    sourcePath: `${root}/${files.path(index)}`,
    relativePath: files.path(index),
    format: files.format(index),
    sizeBytes: files.sizeBytes(index),
    mtimeNs: files.mtimeNs(index),
    version: files.version(index),
    stagedTarget: '',
    stagedRejects: '',
  }
}

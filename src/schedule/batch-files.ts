import { MOST_BYTES_TOGETHER, SMALL_FILE_BYTES } from '../model/policy.ts'
import type { SourceList } from '../model/source-list.ts'

const MOST_FILES_PER_TASK = 128
/** Below this a task would cost more than it brings, and so would a thread for it. */
const FEWEST_FILES_PER_TASK = 8
/** Tasks of small files that each thread gets at least, so that all end at about the same time. */
const FEWEST_TASKS_PER_THREAD = 4

export type FileOrder = 'size,descending' | 'size,ascending' | 'path,ascending' | 'path,descending'

/**
 * The order in which files are converted. Largest first is the default: a large file that starts last keeps one thread
 * busy when all others are done. Files of one size stay in the order of the list.
 */
export function orderFiles(files: SourceList, indexes: Uint32Array, order: FileOrder): Uint32Array {
  switch (order) {
    case 'size,descending':
      return indexes.toSorted((a, b) => files.sizeBytes(b) - files.sizeBytes(a) || a - b)
    case 'size,ascending':
      return indexes.toSorted((a, b) => files.sizeBytes(a) - files.sizeBytes(b) || a - b)
    case 'path,ascending':
      return indexes.toSorted((a, b) => compareText(files.path(a), files.path(b)))
    case 'path,descending':
      return indexes.toSorted((a, b) => compareText(files.path(b), files.path(a)))
  }
}

/** The most tasks that `batchFiles` can make of the files, within a few: more threads than that have nothing to do. */
export function countTasks(files: SourceList, indexes: Uint32Array, threads: number): number {
  const smallFiles = countSmallFiles(files, indexes)
  return indexes.length - smallFiles + Math.ceil(smallFiles / filesPerTask(smallFiles, threads))
}

/** Cuts ordered files into tasks: one file each, small neighbours together. @param alone files that share no task. */
export function* batchFiles(
  files: SourceList,
  ordered: Uint32Array,
  threads: number,
  alone: ReadonlySet<number> = new Set(),
): Generator<number[]> {
  const mostFiles = filesPerTask(countSmallFiles(files, ordered), threads)
  let task: number[] = []
  let taskBytes = 0
  for (const index of ordered) {
    const sizeBytes = files.sizeBytes(index)
    if (sizeBytes >= SMALL_FILE_BYTES || alone.has(index)) {
      yield [index]
      continue
    }
    task.push(index)
    taskBytes += sizeBytes
    if (task.length === mostFiles || taskBytes >= MOST_BYTES_TOGETHER) {
      yield task
      task = []
      taskBytes = 0
    }
  }
  if (task.length > 0) yield task
}

/** Cuts small files that follow each other, as part of `smallFiles` in all, into tasks. */
export function* cutTasks(first: number, count: number, smallFiles: number, threads: number): Generator<number[]> {
  const most = filesPerTask(smallFiles, threads)
  for (let from = 0; from < count; from += most) {
    yield Array.from({ length: Math.min(most, count - from) }, (_, offset) => first + from + offset)
  }
}

function countSmallFiles(files: SourceList, indexes: Uint32Array): number {
  let count = 0
  for (const index of indexes) if (files.sizeBytes(index) < SMALL_FILE_BYTES) count++
  return count
}

function filesPerTask(smallFiles: number, threads: number): number {
  const fairShare = Math.ceil(smallFiles / (threads * FEWEST_TASKS_PER_THREAD))
  return Math.min(MOST_FILES_PER_TASK, Math.max(FEWEST_FILES_PER_TASK, fairShare))
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

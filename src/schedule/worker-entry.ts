import { findBuilt } from '../system/installed-files.ts'

/**
 * Where the pool's threads start: the built worker. Seen from `dist` it lies beside this file's folder; seen from the source
 * (unit tests run it there) it lies in `dist`, since threads cannot run TypeScript.
 */
export function findWorkerEntry(): string {
  return findBuilt(['../../workers/convert-task.js', '../../dist/workers/convert-task.js'], import.meta.url)
}

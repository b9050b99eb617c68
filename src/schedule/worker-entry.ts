import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * Where the pool's threads start: the built worker. Seen from `dist` it lies beside this file's folder; seen from the source
 * (unit tests run it there) it lies in `dist`, since threads cannot run TypeScript.
 */
export function findWorkerEntry(): string {
  const beside = fileURLToPath(new URL('../../workers/convert-task.js', import.meta.url))
  return existsSync(beside) ? beside : fileURLToPath(new URL('../../dist/workers/convert-task.js', import.meta.url))
}

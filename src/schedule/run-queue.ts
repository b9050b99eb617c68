import { listSystemFolder, readSystemFile } from '../system/system-files.ts'

const THREADS = '/proc/self/task'

/**
 * Nanoseconds that all threads of this process, those that have ended left out, were ready to run while no CPU was free. 0 where
 * the system does not tell.
 */
export function readRunQueueNs(): number {
  let sumNs = 0
  for (const thread of listThreads()) {
    try {
      sumNs += Number(readSystemFile(`${THREADS}/${thread}/schedstat`).split(' ')[1] ?? 0)
    } catch {
      // It has just ended.
    }
  }
  return sumNs
}

function listThreads(): string[] {
  try {
    return listSystemFolder(THREADS)
  } catch {
    return []
  }
}

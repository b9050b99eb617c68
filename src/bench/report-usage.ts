import { writeSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

/**
 * Loaded into a measured process before its program (`node --import`): when it ends, it tells on descriptor 3 what the system
 * counted for the whole of it. Nobody else can: Node does not give a parent the figures of its children.
 */

const USAGE_DESCRIPTOR = 3

// Threads load what their process loads.
if (isMainThread) {
  process.on('exit', () => {
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
    writeSync(USAGE_DESCRIPTOR, JSON.stringify([userCPUTime, systemCPUTime, maxRSS]))
  })
}

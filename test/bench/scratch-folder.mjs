// A folder that a benchmark fills and that is gone afterwards, whether it ends, fails or is interrupted.
import { mkdtempSync, rmSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { killRunning } from './measure-process.mjs'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** Makes a folder within `parent`, does `work` with its path, and removes it. */
export async function withScratchFolder(parent, work) {
  const folder = mkdtempSync(join(parent, 'drover-bench-'))
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
  const onSignal = (signal) => {
    killRunning()
    remove()
    process.exit(128 + constants.signals[signal])
  }
  for (const signal of SIGNALS) process.once(signal, onSignal)
  try {
    return await work(folder)
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal)
    killRunning()
    remove()
  }
}

// Loaded into a process with --import: at its end it writes the largest resident size that it ever had, in KiB, as the kernel knows it.
import { readFileSync, writeFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

if (isMainThread) {
  process.once('exit', () => {
    const [, peakKib] = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))
    writeFileSync(process.env.DROVER_PEAK_FILE, peakKib)
  })
}

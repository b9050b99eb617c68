// npm run build && node test/bench/bench-measuring.mjs [--scratch DIR]: what measuring costs.
//
// The figures of a thread are read every few milliseconds of its work, those of the run ten times a second. Both are counted and
// timed here on the same machine; shares are of one thread's time.
import { readdirSync, readFileSync } from 'node:fs'
import { isMainThread, Worker } from 'node:worker_threads'
import { ThreadMeter } from '../../dist/src/convert/thread-meter.js'

const READINGS = 20_000
/** As in src/convert/thread-meter.ts: a slice covers at least this. */
const SLICE_US = 5000
/** As in src/report/timeline.ts and src/run/tune-threads.ts. */
const LOOK_US = 100_000

/** CPU time of one call in microseconds: wall time would hold what other programs do to this machine. */
function time(work, count) {
  for (let i = 0; i < count / 10; i++) work()
  const start = process.cpuUsage()
  for (let i = 0; i < count; i++) work()
  const { user, system } = process.cpuUsage(start)
  return (user + system) / count
}

/** What a look at the whole run reads: its CPU time, and the run queue of all its threads. */
function lookAtProcess() {
  process.cpuUsage()
  for (const thread of readdirSync('/proc/self/task')) readFileSync(`/proc/self/task/${thread}/schedstat`, 'latin1')
}

const share = (us, ofUs) => `${((100 * us) / ofUs).toFixed(3)} %`

if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url))
  worker.on('error', (error) => {
    throw error
  })
} else {
  const meter = new ThreadMeter()
  const sliceUs = time(() => meter.takeSlice(SLICE_US * 1000), READINGS)
  const skippedUs = time(() => new ThreadMeter(null).takeSlice(1), READINGS)
  const lookUs = time(lookAtProcess, READINGS / 10)
  const threads = readdirSync('/proc/self/task').length
  console.log(
    `a slice of a thread: ${sliceUs.toFixed(2)} us, at most every ${SLICE_US / 1000} ms: ${share(sliceUs, SLICE_US)}`,
  )
  console.log(`a file without one: ${skippedUs.toFixed(3)} us`)
  console.log(`a look at ${threads} threads: ${lookUs.toFixed(1)} us, ten times a second: ${share(lookUs, LOOK_US)}`)
  const total = (100 * sliceUs) / SLICE_US + (100 * lookUs) / LOOK_US
  console.log(`${total < 1 ? 'pass ' : 'SHORT'} cost of measuring: ${total.toFixed(2)} % (target < 1 %)`)
}

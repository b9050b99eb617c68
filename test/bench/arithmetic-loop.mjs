// A loop of pure arithmetic on one or more threads: what a second thread can bring on this machine at this moment. A shared or
// throttled machine is then not held against the program.
import { Worker } from 'node:worker_threads'

const ITERATIONS = 1_000_000_000

const LOOP = `
  const { parentPort } = require('node:worker_threads')
  parentPort.once('message', () => {
    let x = 1
    for (let i = 0; i < ${ITERATIONS}; i++) x = (Math.imul(x, 1664525) + 1013904223) | 0
    parentPort.postMessage(x)
    parentPort.close()
  })`

/** Seconds until each of `threads` threads has done the loop once, without the time to start them. */
export async function runArithmetic(threads) {
  const workers = Array.from({ length: threads }, () => new Worker(LOOP, { eval: true }))
  await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('online', resolve))))
  const startMs = performance.now()
  await Promise.all(
    workers.map(
      (worker) =>
        new Promise((resolve, reject) => {
          worker.once('message', resolve)
          worker.once('error', reject)
          worker.postMessage('go')
        }),
    ),
  )
  return (performance.now() - startMs) / 1000
}

import { expect, it } from 'vitest'
import { ThreadMeter } from '../../src/convert/thread-meter.ts'

const ms = (amount: number): number => amount * 1e6

/** A meter whose system figures grow by the given ones at each reading. */
function meterOf(...readings: readonly (readonly [onCpu: number, runQueue: number])[]): ThreadMeter {
  let at = -1
  const sum = { onCpuNs: ms(1000), runQueueNs: ms(1000) }
  return new ThreadMeter(() => {
    const [onCpu, runQueue] = readings[at++] ?? [0, 0]
    sum.onCpuNs += ms(onCpu)
    sum.runQueueNs += ms(runQueue)
    return { ...sum }
  })
}

it('takes a slice only when enough work has come together', () => {
  const meter = meterOf([4, 1], [20, 0])
  expect([meter.takeSlice(ms(2)), meter.takeSlice(ms(2))]).toEqual([null, null])
  expect(meter.takeSlice(ms(4))).toEqual({ busyNs: ms(8), onCpuNs: ms(4), runQueueNs: ms(1), waitingNs: ms(3) })
  expect(meter.takeSlice(ms(1))).toBeNull()
  expect(meter.takeSlice(ms(24))).toEqual({ busyNs: ms(25), onCpuNs: ms(20), runQueueNs: 0, waitingNs: ms(5) })
})

it('never counts more than the busy time', () => {
  expect(meterOf([9, 5]).takeSlice(ms(10))).toEqual({
    busyNs: ms(10),
    onCpuNs: ms(9),
    runQueueNs: ms(1),
    waitingNs: 0,
  })
})

it('takes none where the system does not tell of threads', () => {
  expect(new ThreadMeter(null).takeSlice(ms(1000))).toBeNull()
})

it.skipIf(process.platform !== 'linux')(
  'reads the figures of its own thread: work is on-CPU or run queue, sleep is neither',
  () => {
    const meter = new ThreadMeter()
    const workUntil = performance.now() + 40
    while (performance.now() < workUntil);
    const work = meter.takeSlice(ms(40))
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
    const sleep = meter.takeSlice(ms(200))
    expect(work?.onCpuNs).toBeGreaterThan(0)
    expect(work!.waitingNs).toBeLessThan(work!.busyNs / 2)
    expect(sleep!.waitingNs).toBeGreaterThan(sleep!.onCpuNs)
  },
)

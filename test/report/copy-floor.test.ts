// Covers: The time that copying alone would have taken.
import { expect, it } from 'vitest'
import { computeCopyFloor } from '../../src/report/copy-floor.ts'

const STAGES = { read: 1e9, parse: 4e9, map: 0, encode: 2e9, write: 3e9, sync: 1e9 }
const RUN = { workNs: 5e9, busyNs: 10e9, stageNs: STAGES, syncWaitNs: 1e9, runNs: 6.3e9 }

it('is the part of the work that read and wrote, and what commits took', () => {
  expect(computeCopyFloor(RUN)).toEqual({ seconds: 3, ratio: 2.1 })
})

it('is left out where stages are not timed, or where there was hardly any work', () => {
  expect(computeCopyFloor({ ...RUN, stageNs: { ...STAGES, read: 0, write: 0 } })).toBeNull()
  expect(computeCopyFloor({ ...RUN, busyNs: 1e6 })).toBeNull()
})

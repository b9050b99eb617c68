import { z } from 'zod'

/** Times that threads measure and reports add up. All in nanoseconds. */

const ns = z.number().nonnegative()

/** Nanoseconds of wall time in each stage of one file. */
export const StageTimesSchema = z.object({
  read: z.number().nonnegative(),
  parse: z.number().nonnegative(),
  map: z.number().nonnegative(),
  encode: z.number().nonnegative(),
  write: z.number().nonnegative(),
  sync: z.number().nonnegative(),
})

export type StageTimes = z.infer<typeof StageTimesSchema>

/**
 * Where the busy time of threads went: `busyNs = onCpuNs + runQueueNs + waitingNs`. On a CPU; ready to run with no CPU free; waiting
 * for a disk, a lock or a page.
 */
export const BusyTimeSchema = z.object({ busyNs: ns, onCpuNs: ns, runQueueNs: ns, waitingNs: ns })

export type BusyTime = z.infer<typeof BusyTimeSchema>

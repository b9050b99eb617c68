import type { StageTimes } from './times.ts'

/** The times of stages before the first of them. Apart from times.ts, since threads load no zod. */
export function noStageTimes(): StageTimes {
  return { read: 0, parse: 0, map: 0, encode: 0, write: 0, sync: 0 }
}

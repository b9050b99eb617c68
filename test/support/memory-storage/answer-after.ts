import type { Answer } from '../../../src/storage/answer.ts'

/** Answers at once where no latency is given, otherwise after so many milliseconds: what is answered is found out then. */
export function answerAfter<Value>(latencyMs: number | undefined, work: () => Value): Answer<Value> {
  if (latencyMs === undefined) return work()
  return new Promise((resolve, reject) => {
    const answer = (): void => {
      try {
        resolve(work())
      } catch (error) {
        reject(error)
      }
    }
    if (latencyMs === 0) setImmediate(answer)
    else setTimeout(answer, latencyMs)
  })
}

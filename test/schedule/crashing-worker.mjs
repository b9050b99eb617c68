import { existsSync, writeFileSync } from 'node:fs'
import { threadId } from 'node:worker_threads'

/*
 * A worker for tests of crashes: what becomes of a file follows from its name. It writes one line into the file that
 * `stagedTarget` names for each try, so that tests see who was tried how often.
 */

const memory = []

const pause = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)

const DEEDS = {
  exit: () => process.exit(3),
  throw: () => {
    throw new Error('thrown by the worker')
  },
  loop: () => {
    for (;;) pause(1000)
  },
  /** Until the file that `stagedRejects` names is there. */
  hold: ({ stagedRejects }) => {
    while (!existsSync(stagedRejects)) pause(10)
  },
  memory: () => {
    for (;;) memory.push(Array.from({ length: 100_000 }, (_, index) => ({ index })))
  },
}

const ERRORS = {
  fails: { code: 'UNTERMINATED_QUOTE', phase: 'parse', message: 'made up', position: {}, isRetryable: false },
  busy: { code: 'EBUSY', phase: 'read', message: 'made up', position: {}, isRetryable: true },
}

/** `busy-2` fails twice, then succeeds. */
function convert(file) {
  const [deed, count = Number.POSITIVE_INFINITY] = file.relativePath.split('/').at(-1).split('-')
  const attempt = Number(file.stagedTarget.split('#')[1])
  writeFileSync(file.stagedTarget.split('#')[0], `${file.relativePath} ${attempt}\n`, { flag: 'a' })
  DEEDS[deed]?.(file)
  const stageNs = { read: 0, parse: 0, map: 0, encode: 0, write: 0, sync: 0 }
  const isFailed = deed in ERRORS && attempt <= Number(count)
  if (isFailed)
    return { index: file.index, isConverted: false, error: ERRORS[deed], stageNs, startNs: 1, durationNs: 1 }
  return {
    index: file.index,
    isConverted: true,
    sourceBytes: file.sizeBytes,
    targetBytes: 1,
    targetHash: 1,
    sourceHash: null,
    hasRejects: false,
    rejectCodes: {},
    records: { read: 1, written: 1, rejected: 0, filtered: 0 },
    notices: { blankLines: 0, commentLines: 0, skippedLines: 0, quotesInUnquotedFields: 0, renamedColumns: 0 },
    stageNs,
    startNs: 1,
    durationNs: 1,
  }
}

export default (task) => ({ kind: 'convert', files: task.files.map(convert), threadNumber: threadId })

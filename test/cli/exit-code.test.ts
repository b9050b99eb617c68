import { describe, expect, it } from 'vitest'
import { exitCodeOfError, exitCodeOfReport } from '../../src/cli/exit-code.ts'
import type { RunOutcome } from '../../src/cli/exit-code.ts'

type Case = [
  title: string,
  exitCode: number,
  files: Partial<RunOutcome['files']>,
  rest?: { readonly stopped?: RunOutcome['stopped']; readonly rejects?: number; readonly isEmptyAnError?: boolean },
]

const CASES: readonly Case[] = [
  ['everything is converted', 0, { total: 2, converted: 2 }],
  ['everything was already done', 0, { total: 2, alreadyDone: 2 }],
  ['the source tree is empty', 0, {}],
  ['the source tree is empty with --error-on-empty', 9, {}, { isEmptyAnError: true }],
  ['a full tree does not mind --error-on-empty', 0, { total: 1, converted: 1 }, { isEmptyAnError: true }],
  ['some records are rejected', 12, { total: 2, converted: 2 }, { rejects: 1 }],
  ['nothing is left to do while rejects stand', 12, { total: 2, alreadyDone: 2 }, { rejects: 1 }],
  ['some files failed', 11, { total: 2, converted: 1, failed: 1 }],
  ['some files failed beside files done before', 11, { total: 2, alreadyDone: 1, failed: 1 }],
  ['failed files go before rejects', 11, { total: 2, converted: 1, failed: 1 }, { rejects: 1 }],
  ['every file failed', 6, { total: 2, failed: 2 }],
  ['SIGINT', 130, { total: 2, converted: 1, notStarted: 1 }, { stopped: 'SIGINT' }],
  ['SIGTERM', 143, { total: 2, converted: 1, notStarted: 1 }, { stopped: 'SIGTERM' }],
  ['SIGHUP ends as SIGTERM does', 143, { total: 2, converted: 1, notStarted: 1 }, { stopped: 'SIGHUP' }],
  ['a signal goes before failed files', 130, { total: 2, failed: 2 }, { stopped: 'SIGINT' }],
  ['--halt after a failed file', 11, { total: 3, failed: 1, notStarted: 2 }, { stopped: 'halt' }],
  ['an error stopped the run before any file failed', 1, { total: 2, notStarted: 2 }, { stopped: 'fatal' }],
  ['files were left for no known reason', 1, { total: 2, converted: 1, notStarted: 1 }],
]

describe('the exit code of a run', () => {
  it.each(CASES)('%s: %i', (_, exitCode, files, rest = {}) => {
    const outcome: RunOutcome = {
      files: { total: 0, converted: 0, alreadyDone: 0, failed: 0, notStarted: 0, ...files },
      standingRejects: { files: rest.rejects === undefined ? 0 : 1, records: rest.rejects ?? 0 },
      stopped: rest.stopped ?? null,
      shard: null,
    }
    expect(exitCodeOfReport(outcome, rest.isEmptyAnError ?? false)).toBe(exitCode)
  })
})

describe('the exit code of an error that ended a command', () => {
  it.each([
    ['WRONG_USE', 2],
    ['CONFIG_INVALID', 2],
    ['TARGET_COLLISION', 2],
    ['TARGET_EXISTS', 2],
    ['RUN_ACTIVE', 2],
    ['NO_SUCH_SOURCE', 3],
    ['EMPTY_SOURCE', 9],
    ['ENOSPC', 1],
    ['LOCK_LOST', 1],
    ['UNEXPECTED', 1],
  ])('%s: %i', (code, exitCode) => {
    expect(exitCodeOfError({ code, phase: 'plan' })).toBe(exitCode)
  })
})

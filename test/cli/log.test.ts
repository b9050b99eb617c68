import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openLog } from '../../src/cli/terminal/log.ts'
import { MigrationError } from '../../src/errors/migration-error.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { keepText } from './fake-host.ts'
import { FILE_DONE, FILE_FAILED, PLANNED, progressAt, sampleReport } from './sample-events.ts'

const OPTIONS = { useJsonLog: true, logLevel: 'info' as const, stats: 1000 }

function parseLines(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

describe('a log on standard error', () => {
  it('has one object a line with time, level, message, event and run', () => {
    const stderr = keepText()
    const log = openLog(OPTIONS, stderr)
    log.take(PLANNED)
    log.take(FILE_DONE)
    log.finish(sampleReport(), 0)
    const lines = parseLines(stderr.text)
    expect(lines.map((line) => line['event'])).toEqual(['planned', 'file-done', 'run-finished'])
    for (const line of lines) {
      expect(line).toMatchObject({ level: 'info', runId: 'r1', msg: expect.any(String) as string })
      expect(line['time']).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
    }
  })

  it.each([
    [FILE_DONE, { level: 'info', file: 'a/b.csv', sizeBytes: 20_000_000, recordsRead: 1000, recordsRejected: 2 }],
    [FILE_DONE, { durationMs: 2000, secondsPerGb: 100 }],
    [{ ...FILE_DONE, sizeBytes: 0 }, { secondsPerGb: null }],
    [
      FILE_FAILED,
      { level: 'error', code: 'UNTERMINATED_QUOTE', msg: 'the quote opened at byte 7 is still open at the end' },
    ],
    [
      { type: 'warning', code: 'NO_SPACE_LIKELY', message: 'm' } as const,
      { level: 'warn', code: 'NO_SPACE_LIKELY', msg: 'm' },
    ],
    [{ type: 'stopping', reason: 'SIGINT' } as const, { level: 'warn', reason: 'SIGINT' }],
    [progressAt(1000), { event: 'progress', doneFiles: 1, readBytes: 10_000_000, durationMs: 1000 }],
  ])('tells of %j what belongs to it', (event, fields) => {
    const stderr = keepText()
    openLog(OPTIONS, stderr).take(event)
    expect(parseLines(stderr.text)).toMatchObject([fields])
  })

  it('tells the figures of the whole run at its end', () => {
    const stderr = keepText()
    openLog(OPTIONS, stderr).finish(sampleReport(), 12)
    expect(parseLines(stderr.text)).toMatchObject([
      { event: 'run-finished', treeHash: 'c0ffee', secondsPerGb: 100, durationMs: 10_000, exitCode: 12 },
    ])
  })

  it('tells why a run was refused', () => {
    const stderr = keepText()
    openLog(OPTIONS, stderr).refuse(new MigrationError('RUN_ACTIVE', 'busy', { phase: 'lock', hint: 'wait' }), 2)
    expect(parseLines(stderr.text)).toMatchObject([
      { event: 'run-refused', level: 'error', code: 'RUN_ACTIVE', msg: 'busy', hint: 'wait', exitCode: 2 },
    ])
  })

  it('tells progress only once an interval', () => {
    const stderr = keepText()
    const log = openLog(OPTIONS, stderr)
    for (const time of [100, 1000, 1500, 2000]) log.take(progressAt(time))
    expect(parseLines(stderr.text).map((line) => line['durationMs'])).toEqual([1000, 2000])
  })

  it.each([
    ['debug', ['file-started', 'file-done', 'stopping', 'file-failed']],
    ['info', ['file-done', 'stopping', 'file-failed']],
    ['warn', ['stopping', 'file-failed']],
    ['error', ['file-failed']],
  ] as const)('at level %s has %j', (logLevel, events) => {
    const stderr = keepText()
    const log = openLog({ ...OPTIONS, logLevel }, stderr)
    log.take({ type: 'file-started', file: 'a', sizeBytes: 1 })
    log.take(FILE_DONE)
    log.take({ type: 'stopping', reason: 'SIGINT' })
    log.take(FILE_FAILED)
    expect(parseLines(stderr.text).map((line) => line['event'])).toEqual(events)
  })
})

describe('a log in a file', () => {
  it('is on the disk as soon as an event is taken, behind what is there', () => {
    const logFile = join(temporaryFolder(), 'x.log')
    const stderr = keepText()
    openLog({ ...OPTIONS, useJsonLog: false, logFile }, stderr).take(FILE_DONE)
    openLog({ ...OPTIONS, useJsonLog: false, logFile }, stderr).take(FILE_FAILED)
    expect(parseLines(readFileSync(logFile, 'utf8')).map((line) => line['event'])).toEqual(['file-done', 'file-failed'])
    expect(stderr.text).toBe('')
  })

  it('may stand beside the one on standard error', () => {
    const logFile = join(temporaryFolder(), 'x.log')
    const stderr = keepText()
    openLog({ ...OPTIONS, logFile }, stderr).take(FILE_DONE)
    expect(readFileSync(logFile, 'utf8')).toBe(stderr.text)
  })

  it('that cannot be opened is refused', () => {
    const logFile = join(temporaryFolder(), 'folder')
    mkdirSync(logFile)
    expect(() => openLog({ ...OPTIONS, logFile }, keepText())).toThrow(/^--log-file cannot be opened: EISDIR/)
  })
})

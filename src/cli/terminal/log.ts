import { pino } from 'pino'
import type { MigrationError } from '../../errors/migration-error.ts'
import { shortMessage } from '../../errors/printable-name.ts'
import type { MigrateEvent } from '../../model/events.ts'
import type { Report } from '../../model/report.ts'
import type { DisplayOptions } from '../settings/display-options.ts'
import type { OutputStream } from '../host.ts'
import { wrongUse } from '../settings/wrong-use.ts'

/**
 * Log lines as NDJSON, for machines: `time`, `level`, `msg`, `event`, `runId`, and what belongs to the event. They are
 * written synchronously, so none is lost however the process ends. Loaded only where a log is asked for.
 */
export interface Log {
  take(event: MigrateEvent): void
  finish(report: Report, exitCode: number): void
  refuse(error: MigrationError, exitCode: number): void
}

type LogOptions = Pick<DisplayOptions, 'useJsonLog' | 'logFile' | 'logLevel' | 'stats'>

/** @throws MigrationError WRONG_USE where the log file cannot be opened. */
export function openLog(options: LogOptions, stderr: OutputStream): Log {
  const streams: { stream: { write(line: string): void }; level: 'debug' }[] = []
  if (options.useJsonLog) streams.push({ stream: { write: (line) => void stderr.write(line) }, level: 'debug' })
  if (options.logFile !== undefined) streams.push({ stream: openLogFile(options.logFile, stderr), level: 'debug' })
  const logger = pino(
    {
      level: options.logLevel,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    pino.multistream(streams),
  )
  let runId: string | undefined
  let nextProgressMs = options.stats
  return {
    take: (event) => {
      if (event.type === 'planned') runId = event.runId
      if (event.type === 'progress') {
        if (options.stats === 0 || event.elapsedMs < nextProgressMs) return
        nextProgressMs = event.elapsedMs + options.stats
      }
      const { level, message, fields } = describeEvent(event)
      logger[level]({ event: event.type, runId, ...fields }, shortMessage(message))
    },
    finish: (report, exitCode) => {
      const { files, records, sourceBytes, targetBytes, treeHash, rejectCodes, stopped } = report
      const fields = { files, records, rejectCodes, sizeBytes: sourceBytes, targetBytes, treeHash, stopped, exitCode }
      const rates = { durationMs: Math.round(report.time.realMs), secondsPerGb: report.rates?.secondsPerGb ?? null }
      logger.info({ event: 'run-finished', runId: report.runId, ...fields, ...rates }, 'the run has ended')
    },
    refuse: (error, exitCode) => {
      const { code, phase, position } = error
      const hint = error.hint && shortMessage(error.hint)
      logger.error({ event: 'run-refused', runId, code, phase, hint, position, exitCode }, shortMessage(error.message))
    },
  }
}

function openLogFile(path: string, stderr: OutputStream): { write(line: string): void } {
  try {
    const file = pino.destination({ dest: path, sync: true, append: true })
    // A log that can no longer be written (a full disk) must not stop the run that it tells about.
    file.once(
      'error',
      (error: Error) => void stderr.write(`migrate: the log file cannot be written: ${error.message}\n`),
    )
    file.on('error', () => {})
    return file
  } catch (thrown) {
    throw wrongUse(`--log-file cannot be opened: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
  }
}

interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly message: string
  readonly fields: object
}

type Describe = {
  readonly [Type in MigrateEvent['type']]: (event: Extract<MigrateEvent, { type: Type }>) => LogLine
}

const DESCRIBE: Describe = {
  planned: ({ targetFormat, threads, fileCount, totalBytes, alreadyDone }) => ({
    level: 'info',
    message: 'the plan is made',
    fields: { targetFormat, threads, fileCount, sizeBytes: totalBytes, alreadyDone },
  }),
  warning: ({ code, message }) => ({ level: 'warn', message, fields: { code } }),
  'file-started': ({ file, sizeBytes }) => ({
    level: 'debug',
    message: 'a file is started',
    fields: { file, sizeBytes },
  }),
  'file-done': ({ file, sizeBytes, targetBytes, records, durationMs }) => ({
    level: 'info',
    message: 'a file is done',
    fields: {
      file,
      sizeBytes,
      targetBytes,
      recordsRead: records.read,
      recordsWritten: records.written,
      recordsRejected: records.rejected,
      recordsFiltered: records.filtered,
      durationMs,
      secondsPerGb: sizeBytes === 0 ? null : (durationMs / sizeBytes) * 1e6,
    },
  }),
  'file-failed': ({ file, error: { code, phase, message, hint, position } }) => ({
    level: 'error',
    message,
    fields: { file, code, phase, hint: hint && shortMessage(hint), position },
  }),
  progress: ({ doneFiles, failedFiles, readBytes, elapsedMs }) => ({
    level: 'info',
    message: 'the run goes on',
    fields: { doneFiles, failedFiles, readBytes, durationMs: elapsedMs },
  }),
  stopping: ({ reason }) => ({ level: 'warn', message: 'the run is stopping', fields: { reason } }),
}

function describeEvent<Type extends MigrateEvent['type']>(event: Extract<MigrateEvent, { type: Type }>): LogLine {
  return DESCRIBE[event.type](event)
}

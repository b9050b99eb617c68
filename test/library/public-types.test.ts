import { describe, expectTypeOf, it } from 'vitest'
import { migrate, plan } from '../../src/index.ts'
import type {
  ErrorCode,
  FormatName,
  MigrateEvent,
  MigrateHooks,
  MigrateOptions,
  MigrationError,
  PlannedFile,
  PlanReport,
  RecordCounts,
  Report,
  StageTimes,
  WireError,
} from '../../src/index.ts'

// These types are checked by `npm run check:types`; at run time the tests only show that the names are there.

/** The keys that must be given. */
type RequiredKeys<Shape> = { [Key in keyof Shape]-?: object extends Pick<Shape, Key> ? never : Key }[keyof Shape]

type EventOf<Type extends MigrateEvent['type']> = Extract<MigrateEvent, { type: Type }>

describe('the public types', () => {
  it('take options and hooks, and give a report or a plan', () => {
    expectTypeOf(migrate).parameter(0).toEqualTypeOf<MigrateOptions>()
    expectTypeOf(migrate).parameter(1).toEqualTypeOf<MigrateHooks | undefined>()
    expectTypeOf(migrate).returns.resolves.toEqualTypeOf<Report>()
    expectTypeOf(plan).parameter(0).toEqualTypeOf<MigrateOptions>()
    expectTypeOf(plan).parameter(1).toEqualTypeOf<MigrateHooks | undefined>()
    expectTypeOf(plan).returns.resolves.toEqualTypeOf<PlanReport>()
  })

  it('ask for nothing but in and out', () => {
    expectTypeOf<RequiredKeys<MigrateOptions>>().toEqualTypeOf<'in' | 'out'>()
    expectTypeOf<RequiredKeys<MigrateHooks>>().toEqualTypeOf<never>()
  })

  it('take sizes, times and counts as numbers or as text', () => {
    expectTypeOf<MigrateOptions['maxRecordSize']>().toEqualTypeOf<number | string | undefined>()
    expectTypeOf<MigrateOptions['minAge']>().toEqualTypeOf<number | string | undefined>()
    expectTypeOf<MigrateOptions['threads']>().toEqualTypeOf<number | string | undefined>()
    expectTypeOf<MigrateOptions['maxRejects']>().toEqualTypeOf<number | string | undefined>()
  })

  it('take lists as arrays or as text, and choices as their words', () => {
    expectTypeOf<MigrateOptions['include']>().toEqualTypeOf<string | string[] | undefined>()
    expectTypeOf<MigrateOptions['select']>().toEqualTypeOf<string | string[] | undefined>()
    expectTypeOf<MigrateOptions['to']>().toEqualTypeOf<FormatName | undefined>()
    expectTypeOf<MigrateOptions['ragged']>().toEqualTypeOf<'reject' | 'pad' | 'truncate' | undefined>()
    expectTypeOf<FormatName>().toEqualTypeOf<'csv' | 'tsv' | 'ndjson' | 'json'>()
  })

  it('know no options of the command line alone', () => {
    expectTypeOf<MigrateOptions>().not.toHaveProperty('verbose')
    expectTypeOf<MigrateOptions>().not.toHaveProperty('config')
    expectTypeOf<MigrateOptions>().not.toHaveProperty('report')
  })

  it('tell events apart by their type', () => {
    expectTypeOf<MigrateEvent['type']>().toEqualTypeOf<
      'planned' | 'warning' | 'file-started' | 'file-done' | 'file-failed' | 'progress' | 'stopping'
    >()
    expectTypeOf<EventOf<'file-done'>['records']>().toEqualTypeOf<RecordCounts>()
    expectTypeOf<EventOf<'file-failed'>['error']>().toEqualTypeOf<WireError>()
    expectTypeOf<MigrateHooks['signal']>().toEqualTypeOf<AbortSignal | undefined>()
  })

  it('say in a report what may be missing', () => {
    expectTypeOf<Report['treeHash']>().toEqualTypeOf<string | null>()
    expectTypeOf<Report['stopped']>().toEqualTypeOf<
      'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'abort' | 'halt' | 'fatal' | null
    >()
    expectTypeOf<Report['records']>().toEqualTypeOf<RecordCounts>()
    expectTypeOf<Report['stageNs']>().toEqualTypeOf<StageTimes>()
    expectTypeOf<NonNullable<Report['rates']>['secondsPerGb']>().toEqualTypeOf<number>()
    expectTypeOf<RequiredKeys<Report>>().toEqualTypeOf<keyof Report>()
  })

  it('give the files of a plan one at a time', () => {
    expectTypeOf<PlanReport['files']>().toEqualTypeOf<Iterable<PlannedFile>>()
    expectTypeOf<PlannedFile['format']>().toEqualTypeOf<FormatName | 'bytes'>()
  })

  it('throw errors whose codes are known, or names of errnos', () => {
    expectTypeOf<MigrationError>().toExtend<Error>()
    expectTypeOf<ErrorCode>().toExtend<MigrationError['code']>()
    expectTypeOf<'ENOSPC'>().toExtend<MigrationError['code']>()
    expectTypeOf<'WRONG_USAGE'>().not.toExtend<ErrorCode>()
  })
})

/**
 * Drover as a library: the same run as the command line, as typed functions.
 * @packageDocumentation
 */
export { migrate } from './migrate.ts'
export { registerFormat, type FormatModule } from './formats/load-formats.ts'
export type { FormatTools } from './formats/format-tools.ts'
export type { Format, RecordReader, RecordWriter, SplittableReader } from './formats/format.ts'
export type { LineFault } from './formats/line-reader.ts'
export { plan } from './control/plan/plan-run.ts'
export { renderReport } from './cli/report/render-report.ts'
export type { ReportFileFormat } from './cli/report/report-format.ts'
export { MigrationError, type Phase, type Position, type WireError } from './errors/migration-error.ts'
export { ERROR_CODES, type ErrorCode } from './errors/error-codes.ts'
export type { MigrateEvent, MigrateHooks } from './model/events.ts'
export type { ColumnType } from './model/data-plan.ts'
export type { FormatName, FormatNames } from './model/format-name.ts'
export type { MappingColumn, MappingInput } from './model/mapping.ts'
export type { MigrateOptions } from './options/options.ts'
export type { PlannedFile, PlanReport, Report } from './model/report.ts'
export type { Measurements, Verdict } from './model/measurement.ts'
export type { RecordCounts, NoticeCounts } from './model/task-result.ts'
export type { StageTimes } from './model/times.ts'

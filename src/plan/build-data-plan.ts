import { MigrationError } from '../errors/migration-error.ts'
import { getFormat } from '../formats/registry.ts'
import { hasKernels } from '../kernels/load-kernels.ts'
import type { DataPlan, EngineName, MappedColumn } from '../model/data-plan.ts'
import type { FormatName } from '../model/format-name.ts'
import type { Mapping } from '../model/mapping.ts'
import { LARGEST_RECORD_BYTES } from '../model/policy.ts'
import { checkFormatSettings, makeFormatSettings } from '../options/format-settings.ts'
import type { ResolvedOptions } from '../options/options.ts'

/** The batch memory must hold ten bytes for each byte read at once, within the 4 GiB that offsets reach. */
const MAX_CHUNK_BYTES = 2 ** 26

/**
 * Makes the plan that workers get out of the options of a run.
 * @param mapping what `options.map` holds or names, read and checked; null: there is none.
 * @throws MigrationError WRONG_USE for combinations that no schema of single options can see.
 */
export function buildDataPlan(
  options: ResolvedOptions,
  targetFormat: FormatName,
  mapping: Mapping | null = null,
): DataPlan {
  checkColumns(options)
  const target = getFormat(targetFormat)
  const formats = makeFormatSettings(options, target.isTable)
  const plan: DataPlan = {
    engine: chooseEngine(options.engine),
    encoding: knownEncoding(options.encoding),
    formats,
    targetFormat,
    ...(mapping === null
      ? { select: options.select ?? null, drop: options.drop, columns: [] }
      : compileMapping(mapping)),
    maxRecordBytes: options.maxRecordSize,
    maxRejects: options.maxRejects ?? null,
    maxExpansion: options.maxExpansion,
    chunkBytes: options.chunkSize,
    splitBytes: options.splitSize,
    hashSources: options.checksum,
    pacing: choosePacing(options),
  }
  if (plan.engine === 'stream' && !options.lossy) {
    refuse('--engine stream loses values that JavaScript cannot hold', 'say --lossy too, or leave --engine out')
  }
  if (plan.engine !== 'stream' && options.overlap > 1) {
    refuse('--overlap is for --engine stream: the other engines do not wait asynchronously', 'use --threads')
  }
  checkSize('--max-record-size', plan.maxRecordBytes, LARGEST_RECORD_BYTES)
  checkSize('--chunk-size', plan.chunkBytes, MAX_CHUNK_BYTES)
  checkSize('--split-size', plan.splitBytes, Number.MAX_SAFE_INTEGER)
  checkFormatSettings(formats, target.reservedInNullText?.(plan) ?? [])
  return plan
}

function chooseEngine(engine: ResolvedOptions['engine']): EngineName {
  if (engine === 'reference' || engine === 'stream') return engine
  if (hasKernels()) return 'kernel'
  if (engine === 'auto') return 'reference'
  return refuse('--engine kernel needs WebAssembly SIMD, which this machine does not have', 'leave --engine out')
}

function choosePacing({ bwlimit, latency }: ResolvedOptions): DataPlan['pacing'] {
  if (bwlimit === undefined && latency === undefined) return null
  return { bytesPerSecond: bwlimit ?? null, latencyMs: latency ?? 0 }
}

function knownEncoding(label: string): string {
  try {
    return new TextDecoder(label).encoding
  } catch {
    return refuse(
      `--encoding "${label}" is not known`,
      'encodings go by WHATWG names: utf-8, utf-16le, windows-1252 ...',
    )
  }
}

function compileMapping({ columns, drop, rest }: Mapping): Pick<DataPlan, 'select' | 'drop' | 'columns'> {
  const compiled = columns.map(({ name, from, type, emptyIsNull, required }): MappedColumn => ({
    name,
    source: from ?? name,
    type: type ?? null,
    emptyIsNull: emptyIsNull ?? false,
    isRequired: required,
  }))
  const select = rest === 'keep' ? null : compiled.map(({ name, source }) => ({ name, source }))
  return { select, drop, columns: compiled }
}

function checkColumns(options: ResolvedOptions): void {
  const { select, drop, map, engine } = options
  if (map !== undefined && (select !== undefined || drop.length > 0))
    refuse('--map says which columns there are, and so do --select and --drop', 'write them into the mapping')
  if (map !== undefined && engine === 'stream')
    refuse('--engine stream knows no mapping', 'leave --engine out, or --map')
  if (select === undefined) return
  if (select.length === 0) refuse('--select names no column', 'name at least one, or leave --select out')
  for (const { name, source } of select) {
    if (name === '' || source === '')
      refuse('--select names a column without a name', 'columns are given as name or name=source')
    if (drop.includes(source))
      refuse(`column "${source}" is in both --select and --drop`, 'leave it out of one of them')
  }
}

function checkSize(flag: string, sizeBytes: number, mostBytes: number): void {
  if (sizeBytes >= 1 && sizeBytes <= mostBytes) return
  refuse(`${flag} ${sizeBytes} is not between 1 and ${mostBytes} bytes`, 'sizes are like 500, 64k or 16MiB')
}

function refuse(message: string, hint: string): never {
  throw new MigrationError('WRONG_USE', message, { phase: 'options', hint })
}

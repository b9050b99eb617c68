import { MigrationError } from '../errors/migration-error.ts'
import { getFormat } from '../formats/registry.ts'
import { hasKernels } from '../kernels/load-kernels.ts'
import type { DataPlan, EngineName, MappedColumn } from '../model/data-plan.ts'
import type { FormatName } from '../model/format-name.ts'
import type { Mapping } from '../model/mapping.ts'
import { LARGEST_RECORD_BYTES } from '../model/policy.ts'
import type { ResolvedOptions } from '../options/options.ts'

/** The batch memory must hold ten bytes for each byte read at once, within the 4 GiB that offsets reach. */
const MAX_CHUNK_BYTES = 2 ** 26

const NONE = -1
const TAB = 0x09
const LF = 0x0a
const CR = 0x0d

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
  const plan: DataPlan = {
    engine: chooseEngine(options.engine),
    encoding: knownEncoding(options.encoding),
    delimitedSource: {
      delimiter: code(options.delim),
      quote: code(options.quote),
      escape: code(options.escape ?? options.quote),
      comment: code(options.comment),
      hasHeader: options.header,
      nullText: options.nullstr ?? null,
      skipLines: options.skip,
      quotes: options.quotes,
      trimAroundQuotes: options.trimAroundQuotes,
      ragged: options.ragged,
      duplicateColumns: options.duplicateColumns,
      unterminatedQuote: options.unterminatedQuote,
    },
    jsonSource: { maxNesting: options.maxNesting, duplicateKeys: options.duplicateKeys },
    targetFormat,
    delimitedTarget: {
      delimiter: code(options.outDelim),
      quote: code(options.outQuote),
      hasHeader: options.outHeader,
      lineEnd: options.outCrlf ? 'crlf' : 'lf',
      nullText: options.nullstr ?? null,
      nested: getFormat(targetFormat).isTable ? options.nested : 'json',
    },
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
  checkSourceDialect(plan.delimitedSource)
  checkTargetDialect(plan)
  return plan
}

function chooseEngine(engine: ResolvedOptions['engine']): EngineName {
  if (engine === 'reference' || engine === 'stream') return engine
  if (hasKernels()) return 'kernel'
  if (engine === 'auto') return 'reference'
  return refuse('--engine kernel needs WebAssembly SIMD, which this machine does not have', 'leave --engine out')
}

/** The code of an option's character, or -1 for "none". */
function code(character: string): number {
  return character === 'none' ? NONE : character.charCodeAt(0)
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

function checkSourceDialect(dialect: DataPlan['delimitedSource']): void {
  const { delimiter, quote, escape, comment } = dialect
  checkDelimiter('--delim', delimiter)
  for (const [flag, character] of [
    ['--quote', quote],
    ['--escape', escape],
    ['--comment', comment],
  ] as const) {
    checkSpecial(flag, character)
    checkDifferent(flag, character, '--delim', delimiter)
  }
  checkDifferent('--comment', comment, '--quote', quote)
  checkDifferent('--comment', comment, '--escape', escape)
}

function checkTargetDialect(plan: DataPlan): void {
  const { delimiter, quote, nullText } = plan.delimitedTarget
  checkDelimiter('--out-delim', delimiter)
  checkSpecial('--out-quote', quote)
  checkDifferent('--out-quote', quote, '--out-delim', delimiter)
  if (nullText === null) return
  const forbidden = [LF, CR, ...(getFormat(plan.targetFormat).reservedInNullText?.(plan) ?? [])]
  // It would need quotes around it, and quoted text is never null.
  const found = forbidden.find((character) => character !== NONE && nullText.includes(String.fromCharCode(character)))
  if (found !== undefined)
    refuse(`--nullstr ${JSON.stringify(nullText)} holds ${show(found)}`, 'choose a text that needs no quotes')
}

function checkDelimiter(flag: string, character: number): void {
  if (character === LF || character === CR)
    refuse(`${flag} cannot be ${show(character)}, which ends records`, 'choose another one')
}

/** A tab cannot be either: it is the delimiter of every tsv file. */
function checkSpecial(flag: string, character: number): void {
  if (character === LF || character === CR || character === TAB)
    refuse(`${flag} cannot be ${show(character)}`, 'choose another one')
}

function checkDifferent(flag: string, character: number, otherFlag: string, other: number): void {
  if (character === NONE || character !== other) return
  refuse(
    `${flag} and ${otherFlag} are both ${show(character)}`,
    `give one of them another character, or say ${flag} none`,
  )
}

function show(character: number): string {
  return JSON.stringify(String.fromCharCode(character))
}

function refuse(message: string, hint: string): never {
  throw new MigrationError('WRONG_USE', message, { phase: 'options', hint })
}

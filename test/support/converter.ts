// Drives the data plane from outside: bytes in, bytes out, through a real file and the same function that a worker calls. What
// must hold for every conversion, whatever it is of, is checked here, so that each test checks it too.
import { existsSync, readFileSync, readdirSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { createBatchMemory } from '../../src/batch/batch-memory.ts'
import { RecordBatch } from '../../src/batch/record-batch.ts'
import { resolveOptions } from '../../src/control/plan/make-plan.ts'
import { convertFile } from '../../src/convert/convert-file.ts'
import type { ConvertContext } from '../../src/convert/file-work.ts'
import { ThreadTargets } from '../../src/convert/thread-targets.ts'
import { ERROR_CODES } from '../../src/errors/error-codes.ts'
import { loadKernels } from '../../src/kernels/load-kernels.ts'
import type { DataPlan } from '../../src/model/data-plan.ts'
import type { FormatName } from '../../src/model/format-name.ts'
import { MappingSchema } from '../../src/model/mapping.ts'
import type { MigrateOptions } from '../../src/options/options.ts'
import type { FileResult } from '../../src/model/task-result.ts'
import type { FileTask } from '../../src/model/task.ts'
import { buildDataPlan } from '../../src/plan/build-data-plan.ts'
import { leadSplit } from '../../src/convert/split/convert-split.ts'
import { createSplitMemory } from '../../src/convert/split/split-board.ts'
import { localSources } from '../../src/storage/local/local-sources.ts'
import { DEFAULT_ENGINE } from './migrate.ts'

export interface Conversion {
  readonly bytes: Uint8Array | string
  readonly from: FormatName | 'bytes'
  readonly to: FormatName
  /** Sizes are small where they are not given, so that memories stay small: records up to 64 KiB, chunks of 4 KiB. */
  readonly options?: Partial<MigrateOptions>
  /** Called with the source's path before each chunk is read. */
  readonly beforeChunk?: (sourcePath: string) => void
  /** Converts the file in blocks of so many bytes, as the leader of a split file does. */
  readonly blockBytes?: number
  /** True once the conversion is to stop; asked before each chunk. */
  readonly shouldStop?: () => boolean
}

/** One line of a rejects file. */
export interface RejectLine {
  readonly file: string
  readonly record: number
  readonly line: number
  readonly byteStart: number
  readonly byteEnd: number
  readonly code: string
  readonly message: string
  readonly column?: string
  readonly raw?: string
  readonly rawBase64?: string
}

export interface Converted {
  /** Null where the file failed. */
  readonly target: Buffer | null
  readonly rejects: readonly RejectLine[]
  readonly result: FileResult
  /** The code of the failure; null where the file was converted. */
  readonly code: string | null
}

/** Converts bytes in a folder of its own, one conversion at a time. */
export class Converter {
  private readonly folder: string
  private readonly paths: { readonly source: string; readonly target: string; readonly rejects: string }
  /** One batch for each engine and pair of sizes, used again with what is left in it, as a worker does from file to file. */
  private readonly batches = new Map<string, RecordBatch>()

  constructor(folder: string) {
    this.folder = folder
    this.paths = { source: join(folder, 'source'), target: join(folder, 'target'), rejects: join(folder, 'rejects') }
  }

  /**
   * Converts bytes as a worker thread converts a file, with the engine of the options.
   * @throws Error where the result breaks what holds for every conversion: counts that add up, hash and size of the target, no
   *   staged file left by a failure, a known code.
   */
  async convert(conversion: Conversion): Promise<Converted> {
    const { bytes, from, to, options = {}, beforeChunk, shouldStop, blockBytes } = conversion
    const plan = planOf(to, options)
    const { source, target, rejects } = this.paths
    writeFileSync(source, bytes)
    const { size, mtimeNs } = statSync(source, { bigint: true })
    const file: FileTask = {
      index: 0,
      sourcePath: source,
      relativePath: 'source',
      format: from,
      sizeBytes: Number(size),
      mtimeNs,
      stagedTarget: target,
      stagedRejects: rejects,
    }
    const context: ConvertContext = {
      plan,
      batch: this.batchFor(plan),
      shouldStop: () => {
        beforeChunk?.(source)
        return shouldStop?.() ?? false
      },
      onProgress: () => {},
      onLargeTarget: () => {},
      spans: null,
      sourcesAt: () => localSources,
      targets: new ThreadTargets(),
    }
    const result = await (blockBytes === undefined
      ? convertFile(file, context)
      : leadSplit({ file, memory: createSplitMemory(), blockBytes }, context))
    return this.take(result, plan)
  }

  private take(result: FileResult, plan: DataPlan): Converted {
    const target = takeFile(this.paths.target)
    const text = takeFile(this.paths.rejects)?.toString().trimEnd()
    const rejects = text === undefined ? [] : text.split('\n').map((line) => JSON.parse(line) as RejectLine)
    checkResult(result, target, rejects, plan)
    const left = readdirSync(this.folder).filter((name) => name !== 'source')
    if (left.length > 0) throw new Error(`files are left: ${left.join(', ')}`)
    return { target, rejects, result, code: result.isConverted ? null : result.error.code }
  }

  private batchFor({ engine, maxRecordBytes, chunkBytes }: DataPlan): RecordBatch {
    const name = `${engine} ${maxRecordBytes} ${chunkBytes}`
    const known = this.batches.get(name)
    if (known !== undefined) return known
    const memory = createBatchMemory(maxRecordBytes, chunkBytes)
    const batch = new RecordBatch(memory, engine === 'kernel' ? loadKernels(memory) : null)
    this.batches.set(name, batch)
    return batch
  }
}

/** The plan of a conversion, made as a run makes it. @throws MigrationError for options that a run refuses. */
export function planOf(to: FormatName, options: Partial<MigrateOptions>): DataPlan {
  const resolved = resolveOptions({
    in: 'in',
    out: 'out',
    maxRecordSize: 65_536,
    chunkSize: 4096,
    ...DEFAULT_ENGINE,
    ...options,
  })
  return buildDataPlan(resolved, to, resolved.map === undefined ? null : MappingSchema.parse(resolved.map))
}

/** Everything about a conversion that must not depend on the engine, nor on how the source was cut. */
export function essenceOf({ target, rejects, result }: Converted): unknown {
  // Where a file has two fatal faults, which of them is met first does depend on where chunks end.
  if (!result.isConverted) return 'failed'
  const { records, notices, rejectCodes, targetHash, sourceBytes } = result
  return { target: target!.toString('latin1'), rejects, records, notices, rejectCodes, targetHash, sourceBytes }
}

/** As `essenceOf`, for conversions whose chunks end in the same places: they also fail in the same way. */
export function wholeEssenceOf(converted: Converted): unknown {
  return converted.result.isConverted ? essenceOf(converted) : converted.result.error
}

/** Stages and files are timed by two clocks of one source, and stages are rounded. */
const CLOCKS_DIFFER_NS = 50_000

function takeFile(path: string): Buffer | null {
  if (!existsSync(path)) return null
  const bytes = readFileSync(path)
  unlinkSync(path)
  return bytes
}

function checkResult(result: FileResult, target: Buffer | null, rejects: readonly RejectLine[], plan: DataPlan): void {
  const problems: string[] = []
  const claim = (holds: boolean, problem: string): void => {
    if (!holds) problems.push(problem)
  }
  claim(
    Object.values(result.stageNs).every((ns) => Number.isInteger(ns) && ns >= 0),
    'stage times',
  )
  const stagesNs = Object.values(result.stageNs).reduce((sum, ns) => sum + ns, 0)
  claim(stagesNs <= result.durationNs + CLOCKS_DIFFER_NS, 'stages take longer than the whole')
  if (result.isConverted) {
    const { records } = result
    claim(records.read === records.written + records.rejected + records.filtered, 'counts do not add up')
    claim(target?.length === result.targetBytes, 'target size')
    claim(target !== null && crc32(target) === result.targetHash, 'target hash')
    claim(result.hasRejects === rejects.length > 0, 'hasRejects')
    if (plan.engine !== 'stream') {
      claim(records.rejected === rejects.length, 'count of rejects')
      claim(
        rejects.map(({ code }) => code).every((code) => code in result.rejectCodes),
        'codes of rejects',
      )
    }
  } else {
    claim(target === null && rejects.length === 0, 'a failed file left staged files')
    claim(result.error.code in ERROR_CODES || /^E[A-Z]+$/.test(result.error.code), 'unknown code')
    claim(result.error.code !== 'UNEXPECTED', 'unexpected')
  }
  if (problems.length > 0) throw new Error(`${problems.join('; ')}: ${JSON.stringify(result)}`)
}

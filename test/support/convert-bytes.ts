// Drives the data plane from outside: bytes in, bytes out, through a real file and the same function that a worker calls. What
// must hold for every conversion, whatever it is of, is checked here, so that each test checks it too.
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { afterAll } from 'vitest'
import { createBatchMemory } from '../../src/batch/batch-memory.ts'
import { RecordBatch } from '../../src/batch/record-batch.ts'
import { resolveOptions } from '../../src/control/make-plan.ts'
import { convertFile } from '../../src/convert-file.ts'
import { ERROR_CODES } from '../../src/errors/error-codes.ts'
import type { DataPlan } from '../../src/model/data-plan.ts'
import type { FormatName } from '../../src/model/format-name.ts'
import type { MigrateOptions } from '../../src/model/options.ts'
import type { FileResult } from '../../src/model/task-result.ts'
import { buildDataPlan } from '../../src/plan/build-data-plan.ts'

export interface Conversion {
  readonly bytes: Uint8Array | string
  readonly from: FormatName | 'bytes'
  readonly to: FormatName
  /** Sizes are small where they are not given, so that memories stay small: records up to 64 KiB, chunks of 4 KiB. */
  readonly options?: Partial<MigrateOptions>
  /** Called with the source's path before each chunk is read. */
  readonly beforeChunk?: (sourcePath: string) => void
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

const folder = mkdtempSync(join(tmpdir(), 'drover-convert-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const paths = { source: join(folder, 'source'), target: join(folder, 'target'), rejects: join(folder, 'rejects') }

/**
 * Converts bytes as a worker thread converts a file.
 * @throws Error where the result breaks what holds for every conversion: counts that add up, hash and size of the target, no
 *   staged file left by a failure, a known code.
 */
export async function convertBytes(conversion: Conversion): Promise<Converted> {
  const { bytes, from, to, options = {}, beforeChunk, shouldStop } = conversion
  const plan = planOf(to, options)
  writeFileSync(paths.source, bytes)
  const { size, mtimeNs } = statSync(paths.source, { bigint: true })
  const result = await convertFile(
    {
      index: 0,
      sourcePath: paths.source,
      relativePath: 'source',
      format: from,
      sizeBytes: Number(size),
      mtimeNs,
      stagedTarget: paths.target,
      stagedRejects: paths.rejects,
    },
    {
      plan,
      batch: batchFor(plan),
      shouldStop: () => {
        beforeChunk?.(paths.source)
        return shouldStop?.() ?? false
      },
      onProgress: () => {},
      spans: null,
    },
  )
  const target = takeFile(paths.target)
  const rejectLines = takeFile(paths.rejects)?.toString().trimEnd()
  const rejects = rejectLines === undefined ? [] : rejectLines.split('\n').map((line) => JSON.parse(line) as RejectLine)
  checkResult(result, target, rejects, plan)
  const left = readdirSync(folder).filter((name) => name !== 'source')
  if (left.length > 0) throw new Error(`files are left: ${left.join(', ')}`)
  return { target, rejects, result, code: result.isConverted ? null : result.error.code }
}

/** The text that a conversion makes; it must not fail, nor reject a record. */
export async function convertText(conversion: Conversion): Promise<string> {
  const { target, rejects, result } = await convertBytes(conversion)
  if (!result.isConverted) throw new Error(`${result.error.code}: ${result.error.message}`)
  if (rejects.length > 0) throw new Error(`rejects: ${JSON.stringify(rejects.slice(0, 3))}`)
  return target!.toString()
}

/** The plan of a conversion, made as a run makes it. @throws MigrationError for options that a run refuses. */
export function planOf(to: FormatName, options: Partial<MigrateOptions>): DataPlan {
  const resolved = resolveOptions({ in: 'in', out: 'out', maxRecordSize: 65_536, chunkSize: 4096, ...options })
  return buildDataPlan(resolved, to)
}

const batches = new Map<string, RecordBatch>()

/** One batch for each pair of sizes, used again with what is left in it, as a worker does from file to file. */
function batchFor({ maxRecordBytes, chunkBytes }: DataPlan): RecordBatch {
  const sizes = `${maxRecordBytes} ${chunkBytes}`
  const batch = batches.get(sizes) ?? new RecordBatch(createBatchMemory(maxRecordBytes, chunkBytes))
  batches.set(sizes, batch)
  return batch
}

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
  if (result.isConverted) {
    const { records } = result
    claim(records.read === records.written + records.rejected + records.filtered, 'counts do not add up')
    claim(target?.length === result.targetBytes, 'target size')
    claim(target !== null && crc32(target) === result.targetHash, 'target hash')
    claim(result.hasRejects === rejects.length > 0, 'hasRejects')
    if (plan.engine === 'reference') {
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

import type { RecordBatch } from '../batch/record-batch.ts'
import type { WireError } from '../errors/migration-error.ts'
import { getFormat } from '../formats/registry.ts'
import type { Sample } from '../formats/sample.ts'
import type { DataPlan } from '../model/data-plan.ts'
import type { FileTask } from '../model/task.ts'
import { isUtf8Label } from '../read/decoded-text.ts'
import { readWhole } from '../read/file-bytes.ts'
import type { SourceStorage } from '../storage/source-storage.ts'
import { tryReading, type SampleBytes } from './trial.ts'

/** Bytes of a file that are looked at. */
const SAMPLE_BYTES = 65_536

/** Failures and rejects that may have another cause than the file. */
const MAY_BE_THE_DIALECT: ReadonlySet<string> = new Set([
  'MALFORMED_HEADER',
  'DUPLICATE_COLUMN',
  'UNTERMINATED_QUOTE',
  'TOO_MANY_REJECTS',
  'FIELD_COUNT',
  'TEXT_AFTER_CLOSING_QUOTE',
  'JSON_SYNTAX',
  'NOT_AN_OBJECT',
])

/** Files with rejects that a thread looks at, of a plan: thousands have one and the same cause. */
const MOST_FILES = 64
const looks = new WeakMap<DataPlan, number>()

interface Surroundings {
  readonly sourcesAt: (path: string) => SourceStorage
  readonly plan: DataPlan
  /** Free: what is in it is written over. */
  readonly batch: RecordBatch
}

/** A failure with the hint that fits the file, where its start shows one. Never throws. */
export async function adviseOnFailure(file: FileTask, error: WireError, around: Surroundings): Promise<WireError> {
  if (!MAY_BE_THE_DIALECT.has(error.code)) return error
  const hint = await advise(file, error.code, around)
  if (hint === null) return error
  // What the user has set a limit to may be meant.
  const mayBeMeant = error.code === 'TOO_MANY_REJECTS' && around.plan.maxRejects !== null && error.hint !== undefined
  return { ...error, hint: mayBeMeant ? `${hint}; ${error.hint}` : hint }
}

/** What the rejects of a converted file probably come from; null: its start does not show it. Never throws. */
export async function adviseOnRejects(
  file: FileTask,
  rejectCodes: Readonly<Record<string, number>>,
  around: Surroundings,
): Promise<string | null> {
  const code = Object.keys(rejectCodes).find((name) => MAY_BE_THE_DIALECT.has(name))
  const count = looks.get(around.plan) ?? 0
  if (code === undefined || count >= MOST_FILES) return null
  looks.set(around.plan, count + 1)
  return advise(file, code, around)
}

async function advise(file: FileTask, code: string, around: Surroundings): Promise<string | null> {
  const { plan } = around
  const { format } = file
  if (format === 'bytes' || plan.engine === 'stream') return null
  const owner = getFormat(format)
  if (owner.advise === undefined) return null
  try {
    const start = await readSample(file, around)
    const sample: Sample = {
      bytes: start.bytes,
      tryReading: (changed, as) => tryReading(start, changed, as),
    }
    return owner.advise(sample, { ...plan, maxRejects: null }, code)
  } catch {
    // The file may be gone by now; it failed, or was converted, for what was found before.
    return null
  }
}

async function readSample(file: FileTask, { plan, batch, sourcesAt }: Surroundings): Promise<SampleBytes> {
  const { inputStart, inputEnd } = batch.memory
  // A byte behind it is the readers'.
  const room = Math.min(SAMPLE_BYTES, inputEnd - inputStart - 1)
  const source = await sourcesAt(file.sourcePath).open(file.sourcePath)
  try {
    const read = Buffer.alloc(Math.min(isUtf8Label(plan.encoding) ? room : Math.floor(room / 3), file.sizeBytes))
    const raw = await readWhole(source, read)
    const isWhole = raw.length === file.sizeBytes
    return { batch, bytes: decode(raw, plan.encoding), isWhole, file: file.relativePath }
  } finally {
    source.close()
  }
}

function decode(raw: Uint8Array, encoding: string): Uint8Array {
  if (isUtf8Label(encoding)) return raw
  return Buffer.from(new TextDecoder(encoding).decode(raw, { stream: true }))
}

import { createHash } from 'node:crypto'
import { getFormat } from '../formats/registry.ts'
import type { DataPlan } from '../model/data-plan.ts'
import type { FormatName } from '../model/format-name.ts'
import type { SourceFormat, SourceList } from '../model/source-list.ts'

/**
 * Hashes that say whether work done before is still right. They hold what changes the bytes of targets and nothing else: neither
 * how fast nor how often something is tried, and not `--max-rejects`, which decides whether a file may be made, not what is in it
 * (raising it must not convert all other files again).
 */

/** Raised when the same plan begins to give other bytes. */
const SEMANTICS_VERSION = 2

/** SHA-256, as hex digits, of everything in a run's options that changes bytes or names of targets. */
export function planHash(plan: DataPlan, targetName: 'replace' | 'append'): string {
  return hashValue({
    ...commonPart(plan),
    source: Object.keys(plan.formats)
      .toSorted()
      .map((name) => getFormat(name as FormatName).sourceSettings(plan)),
    target: targetPart(plan),
    targetName,
  })
}

/**
 * SHA-256, as hex digits, of the part of a plan that concerns the sources of one format: another csv dialect does not make ndjson
 * sources run again. The target's name is not part of it, since the journal keeps that beside the hash.
 */
export function filePlanHash(plan: DataPlan, format: SourceFormat): string {
  if (format === 'bytes') return hashValue({ semanticsVersion: SEMANTICS_VERSION, copies: true })
  return hashValue({
    ...commonPart(plan),
    format,
    source: getFormat(format).sourceSettings(plan),
    target: targetPart(plan),
  })
}

function commonPart(plan: DataPlan): object {
  return {
    semanticsVersion: SEMANTICS_VERSION,
    // All engines but this one give the same bytes.
    isStreamEngine: plan.engine === 'stream',
    encoding: plan.encoding,
    targetFormat: plan.targetFormat,
    select: plan.select,
    drop: plan.drop.toSorted(),
    // Plans without a mapping keep the hashes that they had before there were any.
    ...(plan.columns.length === 0 ? {} : { columns: plan.columns }),
    maxRecordBytes: plan.maxRecordBytes,
  }
}

function targetPart(plan: DataPlan): object | null {
  return getFormat(plan.targetFormat).targetSettings(plan)
}

/** The text gathered before it is hashed: one call a file would cost more than the hashing. */
const HASHED_LENGTH = 1 << 16

/** SHA-256, as hex digits, of a plan hash and the path, size and modification time of every source, in the order of the list. */
export function manifestHash(planHash: string, files: SourceList): string {
  const hash = createHash('sha256')
  let text = `${planHash}\n`
  for (let index = 0; index < files.length; index++) {
    // A NUL cannot be part of a path, so no two lists give the same text.
    text += `${files.path(index)}\0${files.sizeBytes(index)}\0${files.mtimeNs(index)}\0${files.format(index)}\n`
    if (text.length < HASHED_LENGTH) continue
    hash.update(text)
    text = ''
  }
  return hash.update(text).digest('hex')
}

function hashValue(value: object): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex')
}

/** JSON with the keys of every object in order, so that equal values give equal text. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const entries = Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1))
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`
}

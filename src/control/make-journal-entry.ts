import { hostname } from 'node:os'
import { formatCrc32, formatSum } from '../commit/journal/format-crc32.ts'
import type { JournalEntry } from '../model/journal-entry.ts'
import type { ConvertedFile } from '../model/task-result.ts'
import type { Plan } from './plan/make-plan.ts'

/** Asked of the system once, not for every line of the journal. */
const HOST = hostname()

/** What the journal says of a converted file. */
export function makeJournalEntry(plan: Plan, result: ConvertedFile, attempt: number): JournalEntry {
  const { files } = plan.discovery
  return {
    source: files.path(result.index),
    sizeBytes: files.sizeBytes(result.index),
    mtimeNs: String(files.mtimeNs(result.index)),
    sourceHash: result.sourceHash === null ? null : formatCrc32(result.sourceHash),
    filePlanHash: plan.filePlanHash(files.format(result.index)),
    target: plan.targets.path(result.index),
    targetBytes: result.targetBytes,
    targetHash: formatCrc32(result.targetHash),
    hasRejects: result.hasRejects,
    ...formatSum(result.rejects),
    records: result.records,
    stageNs: result.stageNs,
    host: HOST,
    attempt,
  }
}

import { hostname } from 'node:os'
import { CompleteJournal } from '../commit/journal/complete-journal.ts'
import { formatCrc32 } from '../commit/journal/format-crc32.ts'
import { formatJournalLine } from '../commit/journal/journal-lines.ts'
import { toWireError } from '../errors/migration-error.ts'
import type { JournalEntry } from '../model/journal-entry.ts'
import { noStageTimes } from '../model/no-stage-times.ts'
import type { ResumeDecision } from '../plan/resume-decision.ts'
import { andThen, isPromise, recovering, type Answer } from '../storage/answer.ts'
import type { SourceStorage } from '../storage/source-storage.ts'
import { sourcesAt } from '../storage/storages.ts'
import type { NewSums } from './check-contents.ts'
import type { Plan } from './plan/make-plan.ts'

interface Warning {
  readonly code: string
  readonly message: string
}

export interface RecordingOptions {
  readonly runId: string
  /** Throws where the target tree is not ours any more. */
  readonly assertOwned: () => Promise<void>
}

/**
 * Writes the sums of sources that had none into a journal of their own, which appears whole: the next run with `--checksum` compares them.
 * @returns what to say of it; null where there is nothing to say.
 */
export async function recordSums(
  plan: Plan,
  decision: ResumeDecision,
  newSums: NewSums,
  { runId, assertOwned }: RecordingOptions,
): Promise<Warning | null> {
  if (newSums.size === 0) return null
  const count = newSums.size === 1 ? '1 source' : `${newSums.size} sources`
  const message = `${count} cannot be compared: no sum was recorded when they were converted`
  const advice = '--force converts them again'
  try {
    await writeSums(plan, decision, newSums, { runId, assertOwned })
    return { code: 'SOURCES_NOT_COMPARED', message: `${message}; their sums are recorded from now on, and ${advice}` }
  } catch (error) {
    const { code, message: reason } = toWireError(error, { phase: 'commit' })
    return { code: 'SOURCES_NOT_COMPARED', message: `${message}, nor could it be now (${code}: ${reason}); ${advice}` }
  }
}

async function writeSums(
  plan: Plan,
  decision: ResumeDecision,
  newSums: NewSums,
  { runId, assertOwned }: RecordingOptions,
): Promise<void> {
  const { targetRoot, sourceTree, options } = plan
  const name = `${runId}-sums.ndjson`
  const journal = await CompleteJournal.open({ targetRoot, name, sourceTrees: [sourceTree], isDurable: options.fsync })
  try {
    const sources = sourcesAt(plan.discovery.root)
    const indexes = [...newSums.keys()].sort((a, b) => a - b)
    for (const index of indexes) {
      // It was read after the list was made: only what is still as it was then has this sum.
      const answer = isAsListed(plan, index, sources)
      if (!(isPromise(answer) ? await answer : answer)) continue
      await journal.add(formatJournalLine(entryOf(plan, decision, index, newSums.get(index) ?? 0)))
    }
    await journal.finish(assertOwned)
  } catch (error) {
    await journal.discard()
    throw error
  }
}

function isAsListed({ discovery: { files, root } }: Plan, index: number, sources: SourceStorage): Answer<boolean> {
  return recovering(
    () =>
      andThen(
        sources.head(`${root}/${files.path(index)}`),
        (head) =>
          head?.sizeBytes === files.sizeBytes(index) &&
          head.mtimeNs === files.mtimeNs(index) &&
          head.version === files.version(index),
      ),
    () => false,
  )
}

/** The proof as it was, with the sum. How long the conversion took is told by the journal of the run that did it. */
function entryOf(plan: Plan, decision: ResumeDecision, index: number, sourceHash: number): JournalEntry {
  const { files } = plan.discovery
  const { targetBytes, targetHash, hasRejects, rejectsBytes, rejectsHash, records } = decision.done(index)
  const rejects =
    rejectsBytes === null || rejectsHash === null
      ? {}
      : { rejects: { sizeBytes: rejectsBytes, hash: formatCrc32(rejectsHash) } }
  return {
    source: files.path(index),
    sizeBytes: files.sizeBytes(index),
    mtimeNs: String(files.mtimeNs(index)),
    sourceHash: formatCrc32(sourceHash),
    filePlanHash: plan.filePlanHash(files.format(index)),
    target: plan.targets.path(index),
    targetBytes,
    targetHash: formatCrc32(targetHash),
    hasRejects,
    ...rejects,
    records,
    stageNs: noStageTimes(),
    host: hostname(),
    attempt: 1,
  }
}

import type { WireError } from '../errors/migration-error.ts'
import { noNotices } from '../formats/format.ts'
import type { ConvertedFile, NoticeCounts, RecordCounts, UnseenColumn } from '../model/task-result.ts'
import type { StageTimes } from '../model/times.ts'
import { noStageTimes } from '../model/no-stage-times.ts'

/** Adds up what the files of a run came to. One per run; holds no per-file state but the failures. */
export class RunTally {
  converted = 0
  readonly records: RecordCounts = { read: 0, written: 0, rejected: 0, filtered: 0 }
  readonly notices: NoticeCounts = noNotices()
  readonly stageNs: StageTimes = noStageTimes()
  readonly rejectCodes = new Map<string, number>()
  readonly failures: WireError[] = []
  /** Files that were given up because the run stopped: no failures of theirs. */
  stopped = 0
  filesWithRejects = 0
  /** Columns that were named and that no record has so far; null: no record was read. */
  unseenColumns: readonly UnseenColumn[] | null = null
  /** What rejects probably come from, with the number of files and the first of them in the plan. */
  readonly advice = new Map<string, { files: number; example: number }>()
  sourceBytes = 0
  targetBytes = 0

  /** Counts a file whose target is committed. */
  addConverted(file: ConvertedFile): void {
    this.converted++
    this.sourceBytes += file.sourceBytes
    this.targetBytes += file.targetBytes
    this.records.read += file.records.read
    this.records.written += file.records.written
    this.records.rejected += file.records.rejected
    this.records.filtered += file.records.filtered
    addStageTimes(this.stageNs, file.stageNs)
    addNumbers(this.notices, file.notices)
    if (file.records.rejected > 0) this.filesWithRejects++
    if (file.records.read > 0) this.unseenColumns = unseenInBoth(this.unseenColumns, file.unseenColumns ?? [])
    if (file.advice !== undefined) {
      const known = this.advice.get(file.advice)
      const example = Math.min(known?.example ?? file.index, file.index)
      this.advice.set(file.advice, { files: (known?.files ?? 0) + 1, example })
    }
    for (const code in file.rejectCodes) {
      this.rejectCodes.set(code, (this.rejectCodes.get(code) ?? 0) + (file.rejectCodes[code] ?? 0))
    }
  }

  addFailed(error: WireError): void {
    if (error.code === 'STOPPED') this.stopped++
    else this.failures.push(error)
  }
}

/** Columns that neither of two parts of a run has. @param known null: nothing is known of the other part. */
export function unseenInBoth(
  known: readonly UnseenColumn[] | null,
  more: readonly UnseenColumn[],
): readonly UnseenColumn[] {
  if (known === null) return more
  if (known.length === 0 || more.length === 0) return []
  const others = new Map(more.map(({ name, nearest }) => [name, nearest]))
  return known
    .filter(({ name }) => others.has(name))
    .map(({ name, nearest }) => ({ name, nearest: nearest ?? others.get(name) ?? null }))
}

/** What a run says of columns that do not occur. */
export function warnOfUnseen(columns: readonly UnseenColumn[] | null): { code: string; message: string }[] {
  return (columns ?? []).map(({ name, nearest }) => {
    const meant = nearest === null ? '' : `: did you mean ${JSON.stringify(nearest)}?`
    return {
      code: 'COLUMN_UNSEEN',
      message: `the column ${JSON.stringify(name)} is named and no record that was read has it${meant}`,
    }
  })
}

/** Adds the times of a file; by name, since a run over small files does it many thousand times a second. */
export function addStageTimes(sum: StageTimes, more: Readonly<StageTimes>): void {
  sum.read += more.read
  sum.parse += more.parse
  sum.map += more.map
  sum.encode += more.encode
  sum.write += more.write
  sum.sync += more.sync
}

/** Adds each number to the one of the same name. */
export function addNumbers<Name extends string>(sum: Record<Name, number>, more: Readonly<Record<Name, number>>): void {
  for (const name of Object.keys(more) as Name[]) sum[name] += more[name]
}

/** Adds counts by names that may be new, such as codes. */
export function addCounts(sum: Record<string, number>, more: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(more)) sum[name] = (sum[name] ?? 0) + count
}

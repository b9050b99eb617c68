import type { WireError } from '../errors/migration-error.ts'
import { noNotices } from '../formats/format.ts'
import type { ConvertedFile, NoticeCounts, RecordCounts } from '../model/task-result.ts'
import type { StageTimes } from '../model/times.ts'

/** Adds up what the files of a run came to. One per run; holds no per-file state but the failures. */
export class RunTally {
  converted = 0
  readonly records: RecordCounts = { read: 0, written: 0, rejected: 0, filtered: 0 }
  readonly notices: NoticeCounts = noNotices()
  readonly stageNs: StageTimes = { read: 0, parse: 0, map: 0, encode: 0, write: 0, sync: 0 }
  readonly rejectCodes = new Map<string, number>()
  readonly failures: WireError[] = []
  /** Files that were given up because the run stopped: no failures of theirs. */
  stopped = 0
  filesWithRejects = 0
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
    for (const code in file.rejectCodes) {
      this.rejectCodes.set(code, (this.rejectCodes.get(code) ?? 0) + (file.rejectCodes[code] ?? 0))
    }
  }

  addFailed(error: WireError): void {
    if (error.code === 'STOPPED') this.stopped++
    else this.failures.push(error)
  }
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

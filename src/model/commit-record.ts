import { z } from 'zod'
import { columnOf, columnsOf, isAmount, isCount, orNull } from './columns.ts'
import { isStagedInside, isStagedTarget } from './paths/path-inside.ts'
import {
  FileSumSchema,
  NoticeCountsSchema,
  UnseenColumnSchema,
  WireErrorSchema,
  type FileSum,
  type NoticeCounts,
  type RecordCounts,
  type UnseenColumn,
} from './task-result.ts'
import { BusyTimeSchema, type BusyTime, type StageTimes } from './times.ts'

/** Shapes of commit records: what a node of a cluster writes to win a unit of files, once for all nodes. */

const count = z.number().int().nonnegative()

/** A converted file of a unit. */
export interface RecordedTarget {
  /** The file's place in its shard, from 0. */
  readonly at: number
  readonly attempt: number
  /** Relative to the target tree. */
  readonly stagedTarget: string
  /** Where its rejects are staged; null: it has none. */
  readonly stagedRejects: string | null
  readonly rejects?: FileSum
  readonly targetBytes: number
  readonly targetHash: number
  readonly sourceHash: number | null
  readonly records: RecordCounts
  readonly rejectCodes: Readonly<Record<string, number>>
  readonly notices: NoticeCounts | null
  /** What its rejects probably come from. */
  readonly advice?: string | undefined
  /** Named columns that no record of it has. */
  readonly unseenColumns?: UnseenColumn[] | undefined
  readonly stageNs: StageTimes
  /** Milliseconds since 1970: nodes share no other clock. */
  readonly startMs: number
  readonly durationNs: number
  readonly thread: number
  readonly slice: BusyTime | null
}

const counts = columnOf(isCount)
const amounts = columnOf(isAmount)

/** The converted files of a unit as they are written. */
const RecordedTargetsSchema = columnsOf({
  at: counts,
  attempt: counts,
  stagedTarget: columnOf(isStagedTarget),
  stagedRejects: columnOf(orNull(isStagedInside)),
  targetBytes: counts,
  targetHash: counts,
  sourceHash: columnOf(orNull(isCount)),
  recordsRead: counts,
  recordsWritten: counts,
  recordsRejected: counts,
  recordsFiltered: counts,
  readNs: amounts,
  parseNs: amounts,
  mapNs: amounts,
  encodeNs: amounts,
  writeNs: amounts,
  syncNs: amounts,
  startMs: amounts,
  durationNs: amounts,
  thread: counts,
})

type RecordedTargets = z.infer<typeof RecordedTargetsSchema>

/** What only few files have to tell, by their number in the columns. */
const RareSchema = z.object({
  number: count,
  rejects: FileSumSchema.exactOptional(),
  rejectCodes: z.record(z.string(), count).exactOptional(),
  notices: NoticeCountsSchema.exactOptional(),
  advice: z.string().exactOptional(),
  unseenColumns: z.array(UnseenColumnSchema).exactOptional(),
  slice: BusyTimeSchema.exactOptional(),
})

type Rare = z.infer<typeof RareSchema>

const RecordedFailureSchema = z.object({ at: count, error: WireErrorSchema })

export type RecordedFailure = z.infer<typeof RecordedFailureSchema>

/** A node as records and progress name it. */
export const NodeSchema = z.object({
  /** Unique among all nodes that ever were. */
  name: z.string().regex(/^[\w.-]{1,100}$/),
  host: z.string(),
  pid: count,
  threads: count,
  cores: count,
  /** The model of its CPUs; null where the system does not tell. */
  cpu: z.string().nullable().default(null),
})

export type NodeIdentity = z.infer<typeof NodeSchema>

/** A record as it is written. */
const WrittenRecordSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('done'),
    node: NodeSchema,
    attempt: count,
    targets: RecordedTargetsSchema,
    rare: z.array(RareSchema),
    failures: z.array(RecordedFailureSchema),
  }),
  z.object({ kind: z.literal('split'), node: NodeSchema }),
])

/** What a node proves of a unit: every file of it once. */
export interface DoneRecord {
  readonly kind: 'done'
  readonly node: NodeIdentity
  /** Which try at the shard this was, from 1. */
  readonly attempt: number
  readonly targets: readonly RecordedTarget[]
  readonly failures: readonly RecordedFailure[]
}

export type CommitRecord =
  | DoneRecord
  /** The files of this unit have records of their own. */
  | { readonly kind: 'split'; readonly node: NodeIdentity }

export function formatCommitRecord(record: CommitRecord): string {
  const written: z.infer<typeof WrittenRecordSchema> =
    record.kind === 'split'
      ? record
      : {
          kind: 'done',
          node: record.node,
          attempt: record.attempt,
          targets: toColumns(record.targets),
          rare: record.targets.flatMap(findRare),
          failures: [...record.failures],
        }
  return JSON.stringify(written)
}

/** @throws SyntaxError or ZodError where the text is no whole record. */
export function parseCommitRecord(text: string): CommitRecord {
  const written = WrittenRecordSchema.parse(JSON.parse(text))
  if (written.kind === 'split') return written
  const { targets, rare, ...rest } = written
  return { ...rest, targets: fromColumns(targets, new Map(rare.map((one) => [one.number, one]))) }
}

function toColumns(targets: readonly RecordedTarget[]): RecordedTargets {
  return {
    at: targets.map(({ at }) => at),
    attempt: targets.map(({ attempt }) => attempt),
    stagedTarget: targets.map(({ stagedTarget }) => stagedTarget),
    stagedRejects: targets.map(({ stagedRejects }) => stagedRejects),
    targetBytes: targets.map(({ targetBytes }) => targetBytes),
    targetHash: targets.map(({ targetHash }) => targetHash),
    sourceHash: targets.map(({ sourceHash }) => sourceHash),
    recordsRead: targets.map(({ records }) => records.read),
    recordsWritten: targets.map(({ records }) => records.written),
    recordsRejected: targets.map(({ records }) => records.rejected),
    recordsFiltered: targets.map(({ records }) => records.filtered),
    readNs: targets.map(({ stageNs }) => stageNs.read),
    parseNs: targets.map(({ stageNs }) => stageNs.parse),
    mapNs: targets.map(({ stageNs }) => stageNs.map),
    encodeNs: targets.map(({ stageNs }) => stageNs.encode),
    writeNs: targets.map(({ stageNs }) => stageNs.write),
    syncNs: targets.map(({ stageNs }) => stageNs.sync),
    startMs: targets.map(({ startMs }) => startMs),
    durationNs: targets.map(({ durationNs }) => durationNs),
    thread: targets.map(({ thread }) => thread),
  }
}

function findRare(
  { rejects, rejectCodes, notices, advice, unseenColumns, slice }: RecordedTarget,
  number: number,
): Rare[] {
  const rare = {
    ...(rejects === undefined ? {} : { rejects }),
    ...(Object.keys(rejectCodes).length === 0 ? {} : { rejectCodes }),
    ...(notices === null ? {} : { notices }),
    ...(advice === undefined ? {} : { advice }),
    ...(unseenColumns === undefined ? {} : { unseenColumns }),
    ...(slice === null ? {} : { slice }),
  }
  return Object.keys(rare).length === 0 ? [] : [{ number, ...rare }]
}

function fromColumns(columns: RecordedTargets, rare: ReadonlyMap<number, Rare>): RecordedTarget[] {
  // All columns are as long as the first.
  return columns.at.map((at, number) => ({
    ...rejectsOf(rare.get(number)),
    at,
    attempt: columns.attempt[number]!,
    stagedTarget: columns.stagedTarget[number]!,
    stagedRejects: columns.stagedRejects[number]!,
    targetBytes: columns.targetBytes[number]!,
    targetHash: columns.targetHash[number]!,
    sourceHash: columns.sourceHash[number]!,
    records: {
      read: columns.recordsRead[number]!,
      written: columns.recordsWritten[number]!,
      rejected: columns.recordsRejected[number]!,
      filtered: columns.recordsFiltered[number]!,
    },
    rejectCodes: rare.get(number)?.rejectCodes ?? {},
    notices: rare.get(number)?.notices ?? null,
    ...(rare.get(number)?.advice === undefined ? {} : { advice: rare.get(number)?.advice }),
    ...(rare.get(number)?.unseenColumns === undefined ? {} : { unseenColumns: rare.get(number)?.unseenColumns }),
    stageNs: {
      read: columns.readNs[number]!,
      parse: columns.parseNs[number]!,
      map: columns.mapNs[number]!,
      encode: columns.encodeNs[number]!,
      write: columns.writeNs[number]!,
      sync: columns.syncNs[number]!,
    },
    startMs: columns.startMs[number]!,
    durationNs: columns.durationNs[number]!,
    thread: columns.thread[number]!,
    slice: rare.get(number)?.slice ?? null,
  }))
}

function rejectsOf(rare: Rare | undefined): { readonly rejects?: FileSum } {
  return rare?.rejects === undefined ? {} : { rejects: rare.rejects }
}

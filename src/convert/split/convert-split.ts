// One file converted by several threads. The leader was given the file: it makes the staged files, converts the opening, then
// blocks like the others, and completes the file at the end. Helpers come when they are free and leave when no block is left.
// A helper that meets anything wrong leaves the block to the leader, which meets it again: errors have one way to the report.
import { crc32 } from 'node:zlib'
import { convertFile } from '../convert-file.ts'
import { convertRecords, countRecords, refuseCompressed, unseenOf } from '../convert-records.ts'
import type { Conversion, ConvertContext, FileWork } from '../file-work.ts'
import type { Reject } from '../../batch/record-batch.ts'
import { MigrationError, toWireError, type WireError } from '../../errors/migration-error.ts'
import { pickNotices } from '../../formats/format.ts'
import { PRIVATE_FILE_MODE, targetFileMode } from '../../model/paths/file-modes.ts'
import { failOnMostlyRejects } from '../judge-rejects.ts'
import { atOnce, type Answer } from '../../storage/answer.ts'
import type { FileResult } from '../../model/task-result.ts'
import type { StageTimes } from '../../model/times.ts'
import type { SplitTask } from '../../model/task.ts'
import { noStageTimes } from '../../model/no-stage-times.ts'
import type { PositionedFile } from '../../write/positioned-file.ts'
import { describeFirstReject } from '../../write/reject-writer.ts'
import { LateColumn } from './block-converter.ts'
import { abortSplit, SplitAborted, SplitBoard } from './split-board.ts'
import { canShare, makeSplitTarget, openSplitRejects, removeSplitFiles } from './split-files.ts'
import { checkStop, SplitShare, LeftToLeader } from './split-share.ts'

/**
 * Converts a file as its leader, with whoever helps. The result is that of `convertFile`, byte for byte.
 */
export async function leadSplit(task: SplitTask, context: ConvertContext): Promise<FileResult> {
  const result = await convertFile(task.file, context, (work) => convertSplit(work, task))
  // It may have failed before it came to the board, where helpers wait for it.
  if (!result.isConverted) abortSplit(task.memory)
  return result
}

/**
 * Converts blocks of a file until none is left, or the file is given up.
 * @returns what cost the file, or null.
 */
export function helpSplit(task: SplitTask, context: ConvertContext): WireError | null {
  const { file } = task
  const board = new SplitBoard(task.memory)
  if (file.format === 'bytes' || board.isClaimed) return null
  const work: FileWork = { file: { ...file, format: file.format }, context, stageNs: noStageTimes() }
  if (!canShare(work)) return null
  try {
    const share = joinSplit(work, task, board)
    if (share === null) return null
    try {
      share.convertBlocks()
    } finally {
      share.leave()
    }
    return null
  } catch (error) {
    // The leader knows of these, or comes to know them itself.
    if (error instanceof SplitAborted || error instanceof LeftToLeader) return null
    board.abort()
    return toWireError(error, { phase: 'write', file: file.relativePath })
  }
}

/** @returns null where this thread cannot help, for whatever reason: it has claimed no block, so nobody waits for it. */
function joinSplit(work: FileWork, task: SplitTask, board: SplitBoard): SplitShare | null {
  try {
    board.waitForOpening(() => checkStop(work.context))
    return SplitShare.join(work, task, board)
  } catch {
    return null
  }
}

function convertSplit(work: FileWork, task: SplitTask): Answer<Conversion> {
  refuseCompressed(work.file.relativePath)
  const board = new SplitBoard(task.memory)
  if (!canShare(work)) {
    board.abort()
    return convertRecords(work)
  }
  try {
    return leadBlocks(work, task, board)
  } catch (error) {
    board.abort()
    removeSplitFiles(work, board)
    // Its columns are not those that the first records have: one thread finds them all, in their order.
    if (error instanceof LateColumn) return convertRecords(work)
    throw error instanceof SplitAborted ? helperLost() : error
  }
}

function leadBlocks(work: FileWork, task: SplitTask, board: SplitBoard): Conversion {
  const { file, context, stageNs } = work
  const { plan } = context
  const target = makeSplitTarget(work, board, modeOfTarget(work))
  const share = SplitShare.lead(work, task, board, target)
  try {
    share.convertBlocks()
    const totals = share.finish()
    for (const [stage, ns] of Object.entries(board.readStageNs())) stageNs[stage as keyof StageTimes] += ns
    failOnMostlyRejects(
      plan,
      { count: totals.rejectCount, describeFirst: () => readRejects(work, board, firstReject) },
      totals.recordCount,
    )
    return {
      sourceBytes: file.sizeBytes,
      targetBytes: totals.targetBytes,
      targetHash: totals.targetHash,
      sourceHash: plan.hashSources ? totals.sourceHash : null,
      hasRejects: totals.rejectBytes > 0,
      ...(totals.rejectBytes > 0 ? { rejects: readRejects(work, board, sumOf) } : {}),
      rejectCodes: board.readRejectCodes(),
      records: countRecords(totals.recordCount, totals.rejectCount, totals.filteredCount),
      notices: pickNotices(totals),
      ...unseenOf(share.watchedColumns()),
    }
  } finally {
    share.leave()
  }
}

/** Its share, which comes next, says what is wrong with a source that cannot be looked at. */
function modeOfTarget({ file, context }: FileWork): number {
  return targetFileMode(atOnce(context.sourcesAt(file.sourcePath).head(file.sourcePath))?.mode ?? PRIVATE_FILE_MODE)
}

function readRejects<Result>(work: FileWork, board: SplitBoard, read: (file: PositionedFile) => Result): Result {
  const file = openSplitRejects(work, board)
  try {
    return read(file)
  } finally {
    file.close()
  }
}

/** Several threads wrote it, each at its place: it is read once more. */
function sumOf(file: PositionedFile): { readonly sizeBytes: number; readonly hash: number } {
  const piece = Buffer.alloc(REJECTS_PIECE_BYTES)
  let sizeBytes = 0
  let hash = 0
  for (let count = file.readAt(0, piece); count > 0; count = file.readAt(sizeBytes, piece)) {
    sizeBytes += count
    hash = crc32(piece.subarray(0, count), hash)
  }
  return { sizeBytes, hash }
}

/** Bytes of a rejects file that are read at once. */
const REJECTS_PIECE_BYTES = 65_536

/** The first line of a rejects file. */
function firstReject(file: PositionedFile): string {
  let line = Buffer.alloc(0)
  while (!line.includes('\n')) {
    const piece = Buffer.alloc(REJECTS_PIECE_BYTES)
    line = Buffer.concat([line, piece.subarray(0, file.readAt(line.length, piece))])
  }
  return describeFirstReject(JSON.parse(line.subarray(0, line.indexOf('\n')).toString()) as Reject)
}

/** The main thread knows better why, and says so in place of this. */
function helperLost(): MigrationError {
  return new MigrationError('WORKER_EXIT', 'a thread that helped with this file ended', {
    phase: 'worker',
    isRetryable: true,
  })
}

import type { BenchKind } from '../model/bench-report.ts'
import type { MigrateOptions } from '../options/options.ts'
import type { Pacing } from '../model/pacing.ts'
import { dropFiles, warmFiles } from './page-cache.ts'
import { requireRoom, type Scratch, type ScratchFolder } from './scratch.ts'

/** The two kinds of run that a benchmark sets side by side, and what makes a run be of that kind. */
export interface Conditions {
  readonly kind: BenchKind
  readonly folder: string
  readonly pacing: Pacing | null
  readonly isCold: boolean
  /** In words, a sentence each. */
  readonly sentences: readonly string[]
  /** Called before each run. */
  readonly prepare: () => Promise<void>
}

/** Storage of the I/O-bound runs, where the user asked neither for a pace nor for a cold cache. */
const DEFAULT_PACING: Pacing = { bytesPerSecond: 200e6, latencyMs: 5 }

export interface ConditionsRequest {
  /** Absolute. */
  readonly sourcePaths: readonly string[]
  /** Of one run, roughly. */
  readonly targetBytes: number
  readonly out: string | null
  readonly isCold: boolean
  readonly pacing: Pacing | null
  readonly signal: AbortSignal
}

/** @throws MigrationError WRONG_USE where targets have no place. */
export async function arrangeConditions(request: ConditionsRequest, scratch: Scratch): Promise<Conditions[]> {
  const onDisk = scratch.open(request.out)
  requireRoom(onDisk.path, request.targetBytes)
  return [
    arrangeCpuBound(request, scratch.openInMemory(request.targetBytes), onDisk),
    await arrangeIoBound(request, onDisk),
  ]
}

function arrangeCpuBound(
  { sourcePaths, signal }: ConditionsRequest,
  inMemory: ScratchFolder | null,
  onDisk: ScratchFolder,
): Conditions {
  const place = inMemory ?? onDisk
  return {
    kind: 'cpu-bound',
    folder: place.path,
    pacing: null,
    isCold: false,
    sentences: [
      'Sources are read from a warm page cache.',
      place.isTmpfs
        ? 'Targets go to memory (tmpfs).'
        : 'Targets go to the disk, since memory has no room for them: writes may wait.',
    ],
    prepare: () => warmFiles(sourcePaths, signal),
  }
}

async function arrangeIoBound(request: ConditionsRequest, place: ScratchFolder): Promise<Conditions> {
  const { sourcePaths, signal } = request
  const refusal = request.isCold ? await dropFiles(sourcePaths, signal) : null
  const isCold = request.isCold && refusal === null
  const isPaceDefault = request.pacing === null && !isCold
  const pacing = isPaceDefault ? DEFAULT_PACING : request.pacing
  const sentences = [
    isCold ? 'Sources are dropped from the page cache before each run.' : 'Sources are read from a warm page cache.',
    ...(refusal === null ? [] : [`--cold did not work: ${refusal}.`]),
    ...(pacing === null ? [] : [describePacing(pacing, isPaceDefault)]),
    `Targets go to ${place.isTmpfs ? 'memory (tmpfs): give --out a folder on the disk that is meant' : 'the disk'}.`,
  ]
  const prepare = async (): Promise<void> => {
    if (isCold) await dropFiles(sourcePaths, signal)
    else await warmFiles(sourcePaths, signal)
  }
  return { kind: 'io-bound', folder: place.path, pacing, isCold, sentences, prepare }
}

function describePacing({ bytesPerSecond, latencyMs }: Pacing, isDefault: boolean): string {
  const bandwidth =
    bytesPerSecond === null ? '' : `${(bytesPerSecond / 1e6).toFixed(0)} MB/s for reads and writes together`
  const latency = latencyMs === 0 ? '' : `${latencyMs} ms added to each open, read and write`
  const why = isDefault ? ' (the default: neither --cold nor --bwlimit nor --latency was in effect)' : ''
  return `Paced: ${[bandwidth, latency].filter((part) => part !== '').join(', ')}${why}.`
}

/** The flags of a pace. */
export function paceOptions(pacing: Pacing | null): Pick<MigrateOptions, 'bwlimit' | 'latency'> {
  if (pacing === null) return {}
  const { bytesPerSecond, latencyMs } = pacing
  return { ...(bytesPerSecond === null ? {} : { bwlimit: bytesPerSecond }), latency: `${latencyMs}ms` }
}

import { readGiven } from '../../errors/read-given.ts'
import { checkBookkeeping } from '../../commit/check-bookkeeping.ts'
import { discoverSources, type Discovery } from '../../discover/discover-sources.ts'
import { MigrationError } from '../../errors/migration-error.ts'
import { formatOfName, getFormat } from '../../formats/registry.ts'
import type { DataPlan } from '../../model/data-plan.ts'
import type { MigrateEvent, MigrateHooks } from '../../model/events.ts'
import type { FormatName } from '../../model/format-name.ts'
import type { SourceTree } from '../../model/journal-entry.ts'
import { OptionsSchema, type MigrateOptions, type ResolvedOptions } from '../../options/options.ts'
import type { SourceFormat } from '../../model/source-list.ts'
import { buildDataPlan } from '../../plan/build-data-plan.ts'
import { checkRoots, refuseBookkeeping } from '../../plan/check-roots.ts'
import { defaultTargetFormat } from '../../plan/default-target-format.ts'
import { refuseCollisions } from '../../plan/find-collisions.ts'
import { namedTargetFormat } from '../../plan/named-target-format.ts'
import { filePlanHash, manifestHash, planHash } from '../../plan/plan-hash.ts'
import { refuseWithoutStreams } from '../../plan/refuse-without-streams.ts'
import { targetNames, type TargetNames } from '../../plan/target-names.ts'
import { resolveTargetRoot } from '../../plan/target-root.ts'
import { batchMemoryBytes } from '../../batch/batch-memory.ts'
import { threadsThatFit, warnOfLoweredThreads } from '../../schedule/memory-limit.ts'
import { resolveThreadCount } from '../../schedule/thread-count.ts'
import { warnOfThreadRoom } from '../../schedule/thread-shortage.ts'
import { areReachedByThreads, openTargetStorage, sourcesAt } from '../../storage/storages.ts'
import { describeOptions } from '../settings/describe-options.ts'
import { readMapping } from '../settings/read-mapping.ts'
import { readShardNumber, takeShard, type PlannedShard } from '../shards/take-shard.ts'

/** What a run will do, as far as it can be known without looking at what earlier runs left. Frozen; nothing is written for it. */
export interface Plan {
  readonly options: ResolvedOptions
  readonly discovery: Discovery
  readonly data: DataPlan
  readonly targetRoot: string
  readonly targetFormat: FormatName
  readonly isTargetFormatDefault: boolean
  readonly targets: TargetNames
  readonly threads: number
  /** Why there are fewer threads than asked for; null where there are as many. */
  readonly threadWarning: string | null
  readonly planHash: string
  readonly manifestHash: string
  readonly filePlanHash: (format: SourceFormat) => string
  /** As the journal names it. */
  readonly sourceTree: SourceTree
  /** The part of the tree that this is; null: all of it. The hashes are those of the whole. */
  readonly shard: PlannedShard | null
}

/**
 * Checks the options.
 * @throws MigrationError WRONG_USE naming every option that is wrong.
 */
export function resolveOptions(options: MigrateOptions): ResolvedOptions {
  const parsed = readGiven('options', () => OptionsSchema.safeParse(options))
  if (parsed.success) return parsed.data
  throw new MigrationError('WRONG_USE', describeOptions(parsed.error.issues, options), { phase: 'options' })
}

/**
 * Discovers the sources and works out their targets. Everything that makes the plan impossible is found here or in
 * `findRemainder`, before anything is written.
 * @throws MigrationError; see the exit codes 2 and 3.
 */
export async function makePlan(options: ResolvedOptions, hooks: MigrateHooks): Promise<Plan> {
  const shard = readShardNumber(options, process.env)
  const discovery = await discoverSources({ ...options, formatOf: formatOfName }, hooks)
  const { files, isSingleFile, root } = discovery
  const target = await resolveTargetRoot(options.out, isSingleFile)
  refuseBookkeeping(root, target.root)
  const isNamed = target.singleName !== null && options.to === undefined && files.format(0) !== 'bytes'
  const namedFormat = isNamed ? namedTargetFormat(target.singleName, formatOfName) : null
  const targetFormat = options.to ?? namedFormat ?? defaultTargetFormat(files)
  const mapping = options.map === undefined ? null : await readMapping(options.map)
  const data = buildDataPlan(options, targetFormat, mapping)
  if (data.engine === 'stream') refuseWithoutStreams(files, targetFormat)
  const naming = { rule: options.targetName, extension: targetFormat, singleName: target.singleName }
  const targets = targetNames(files, naming)
  const source = { root, isSingleFile, depth: discovery.depth }
  await checkRoots(source, isSingleFile ? files.name(0) : '', openTargetStorage(target.root), targets)
  const appended = options.targetName === 'append' ? null : targetNames(files, { ...naming, rule: 'append' })
  refuseCollisions(files, targets, appended)
  await checkBookkeeping(target.root)

  const { memoryLimit } = options
  const wantedThreads = resolveThreadCount(options.threads)
  const fittingThreads = Math.min(wantedThreads, threadsThatFit(memoryLimit ?? Number.POSITIVE_INFINITY))
  const room = warnOfThreadRoom(fittingThreads, batchMemoryBytes(data.maxRecordBytes, data.chunkBytes))
  const hash = planHash(data, options.targetName)
  const fileHashes = new Map<SourceFormat, string>()
  const part = shard === null ? { discovery, shard } : takeShard(discovery, shard)
  return {
    options,
    ...part,
    data,
    targetRoot: target.root,
    targetFormat,
    isTargetFormatDefault: options.to === undefined && namedFormat === null,
    targets: shard === null ? targets : targetNames(part.discovery.files, naming),
    threads: areReachedByThreads(root, target.root) ? room.threads : 1,
    threadWarning: room.warning ?? warnOfLoweredThreads(memoryLimit, options.threads, wantedThreads),
    sourceTree: await sourcesAt(root).describeTree(root),
    planHash: hash,
    manifestHash: manifestHash(hash, files),
    filePlanHash: (format) => {
      const known = fileHashes.get(format) ?? filePlanHash(data, format)
      fileHashes.set(format, known)
      return known
    },
  }
}

/** The engine and its tier that a file takes, in the words of `migrate plan`. */
export function describeTier(plan: Plan, format: SourceFormat, isSplit: boolean): string {
  if (format === 'bytes') return 'copy'
  const { engine, columns } = plan.data
  if (engine === 'stream') return 'stream: rows'
  const typed = columns.some(({ type }) => type !== null) ? ', typed' : ''
  const split = isSplit ? `, split among ${plan.threads} threads` : ''
  return `${engine}${typed}: bytes ${getFormat(format).name} to ${plan.targetFormat}${split}`
}

/** What is told of a plan before its first file. @param indexes of the files that are to be converted. */
export function describePlanned(plan: Plan, indexes: Uint32Array, runId: string): PlannedEvent {
  const { files } = plan.discovery
  return {
    type: 'planned',
    runId,
    targetFormat: plan.targetFormat,
    isTargetFormatDefault: plan.isTargetFormatDefault,
    threads: plan.threads,
    fileCount: indexes.length,
    totalBytes: files.sumBytes(indexes),
    alreadyDone: files.length - indexes.length,
  }
}

type PlannedEvent = Extract<MigrateEvent, { readonly type: 'planned' }>

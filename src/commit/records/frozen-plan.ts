import { hash } from 'node:crypto'
import { dirname, join } from 'node:path'
import { MigrationError } from '../../errors/migration-error.ts'
import { hasFormat } from '../../formats/registry.ts'
import {
  FrozenPlanSchema,
  fromShardColumns,
  ShardFilesSchema,
  toShardColumns,
  type FrozenPlan,
  type ShardFile,
} from '../../model/frozen-plan.ts'
import { FormatSettingsSchema } from '../../options/format-settings.ts'
import { bookkeepingPaths } from '../bookkeeping-paths.ts'
import { fanOut, fanOutFolders, generationPaths, shardFilePath, type Generation } from './generation-paths.ts'

/*
 * The plan of a cluster lies in the target tree, where every node finds it: the plan itself, and a file of paths for each shard. A job
 * on the queue names them by hash and number. The plan holds the hash of each shard's file, the job holds the hash of the plan, so what a node
 * converts is exactly what the coordinator froze. Shards are written and read one at a time: 100,000,000 files need no more memory than 5,000.
 */

/** Everything of a frozen plan but the hashes of its shards, which come with their files. */
export type PlanToFreeze = Omit<FrozenPlan, 'shards'>

export interface FrozenPlanFile {
  readonly plan: FrozenPlan
  /** SHA-256 of the file, as hex digits. */
  readonly sha256: string
}

/**
 * Writes a plan with its shards, and makes it visible at once, whole.
 * @param shards the files of each shard, the largest shard first.
 */
export async function freezePlan(
  generation: Generation,
  plan: PlanToFreeze,
  shards: Iterable<readonly ShardFile[]>,
): Promise<FrozenPlanFile> {
  const paths = generationPaths(generation)
  const { tree } = bookkeepingPaths(generation.targetRoot)
  const folder = `${paths.folder}.new`
  await tree.removeTree(folder)
  await tree.makeFolder(folder)
  const described: FrozenPlan['shards'] = []
  for (const files of shards) {
    const shard = described.length
    const text = `${JSON.stringify(toShardColumns(files))}\n`
    const fan = join(folder, 'shards', fanOut(shard))
    if (shard % 1000 === 0) await tree.makeFolder(fan)
    await tree.write(join(fan, `${shard}.json`), text, plan.isDurable)
    const bytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    described.push({ fileCount: files.length, bytes, sha256: hash('sha256', text) })
  }
  const frozen = { ...plan, shards: described }
  const text = `${JSON.stringify(frozen)}\n`
  await tree.write(join(folder, 'plan.json'), text, plan.isDurable)
  for (const fan of fanOutFolders(described.length)) await tree.makeFolder(join(paths.records, fan))
  await tree.makeFolder(paths.staged)
  await tree.rename(folder, paths.folder)
  if (plan.isDurable) for (const changed of [paths.folder, dirname(paths.folder)]) await tree.syncFolder(changed)
  return { plan: frozen, sha256: hash('sha256', text) }
}

/**
 * The frozen plan of a generation; null where there is none, or none that is whole.
 * @throws MigrationError BOOKKEEPING_UNSAFE.
 */
export async function readFrozenPlan(generation: Generation): Promise<FrozenPlanFile | null> {
  try {
    const text = await readText(generation, generationPaths(generation).plan)
    if (text === null) return null
    const plan = FrozenPlanSchema.parse(JSON.parse(text))
    // Readers and writers believe what is in them.
    FormatSettingsSchema.parse(plan.data.formats)
    return { plan, sha256: hash('sha256', text) }
  } catch (error) {
    if (error instanceof MigrationError) throw error
    return null
  }
}

/**
 * The files of a shard.
 * @throws MigrationError PLAN_REFUSED where they are not those that the plan names.
 */
export async function readShard(generation: Generation, plan: FrozenPlan, shard: number): Promise<ShardFile[]> {
  const described = plan.shards[shard]
  if (described === undefined) throw refused(`the plan has no shard ${shard}`)
  const text = await readText(generation, shardFilePath(generation, shard))
  if (text === null) throw refused(`shard ${shard} of the plan is not there`)
  if (hash('sha256', text) !== described.sha256) throw refused(`shard ${shard} is not the one that the plan names`)
  const parsed = ShardFilesSchema.safeParse(JSON.parse(text))
  if (parsed.success) return requireFormats(fromShardColumns(parsed.data), shard)
  const [issue] = parsed.error.issues
  throw refused(`shard ${shard} names files that no plan may name (${issue?.path.join('.')})`)
}

function requireFormats(files: ShardFile[], shard: number): ShardFile[] {
  const unknown = files.find(({ format }) => format !== 'bytes' && !hasFormat(format))
  if (unknown === undefined) return files
  const message = `shard ${shard} names files of the format ${unknown.format}, which is not known here`
  // Another node may know it.
  throw new MigrationError('PLAN_REFUSED', message, { phase: 'plan', isRetryable: true })
}

async function readText({ targetRoot }: Generation, path: string): Promise<string | null> {
  return (await bookkeepingPaths(targetRoot).tree.read(path))?.toString('utf8') ?? null
}

function refused(message: string): MigrationError {
  return new MigrationError('PLAN_REFUSED', message, { phase: 'plan' })
}

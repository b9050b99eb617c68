import { hash } from 'node:crypto'
import fs from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { MigrationError } from '../errors/migration-error.ts'
import {
  FrozenPlanSchema,
  fromShardColumns,
  ShardFilesSchema,
  toShardColumns,
  type FrozenPlan,
  type ShardFile,
} from '../model/frozen-plan.ts'
import { makeFolder, syncFolder } from './commit-file-system.ts'
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
  const folder = `${paths.folder}.new`
  await fs.rm(folder, { recursive: true, force: true })
  await makeFolder(fs, folder)
  const described: FrozenPlan['shards'] = []
  for (const files of shards) {
    const shard = described.length
    const text = `${JSON.stringify(toShardColumns(files))}\n`
    const fan = join(folder, 'shards', fanOut(shard))
    if (shard % 1000 === 0) await makeFolder(fs, fan)
    await writeWhole(join(fan, `${shard}.json`), text, plan.isDurable)
    const bytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    described.push({ fileCount: files.length, bytes, sha256: hash('sha256', text) })
  }
  const frozen = { ...plan, shards: described }
  const text = `${JSON.stringify(frozen)}\n`
  await writeWhole(join(folder, 'plan.json'), text, plan.isDurable)
  for (const fan of fanOutFolders(described.length)) await makeFolder(fs, join(paths.records, fan))
  await makeFolder(fs, paths.staged)
  await fs.rename(folder, paths.folder)
  if (plan.isDurable) for (const changed of [paths.folder, dirname(paths.folder)]) await syncFolder(fs, changed)
  return { plan: frozen, sha256: hash('sha256', text) }
}

async function writeWhole(path: string, text: string, isDurable: boolean): Promise<void> {
  const handle = await fs.open(path, 'w')
  try {
    await handle.writeFile(text)
    if (isDurable) await handle.sync()
  } finally {
    await handle.close()
  }
}

/** The frozen plan of a generation; null where there is none, or none that is whole. */
export async function readFrozenPlan(generation: Generation): Promise<FrozenPlanFile | null> {
  try {
    const text = await fs.readFile(generationPaths(generation).plan, 'utf8')
    return { plan: FrozenPlanSchema.parse(JSON.parse(text)), sha256: hash('sha256', text) }
  } catch {
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
  const text = await fs.readFile(shardFilePath(generation, shard), 'utf8')
  if (hash('sha256', text) !== described.sha256) throw refused(`shard ${shard} is not the one that the plan names`)
  const parsed = ShardFilesSchema.safeParse(JSON.parse(text))
  if (parsed.success) return fromShardColumns(parsed.data)
  const [issue] = parsed.error.issues
  throw refused(`shard ${shard} names files that no plan may name (${issue?.path.join('.')})`)
}

function refused(message: string): MigrationError {
  return new MigrationError('PLAN_REFUSED', message, { phase: 'plan' })
}

import { readFrozenPlan } from '../commit/records/frozen-plan.ts'
import type { Generation } from '../commit/records/generation-paths.ts'
import { MigrationError } from '../errors/migration-error.ts'
import { broughtFormats, getFormat, hasFormat } from '../formats/registry.ts'
import type { FormatName } from '../model/format-name.ts'
import type { FrozenPlan } from '../model/frozen-plan.ts'
import { faultOfOptions } from '../options/format-option.ts'
import { filePlanHash, planHash } from '../plan/plan-hash.ts'
import { placeInside, realRoot } from '../storage/local/place-inside.ts'
import { ShardJobSchema, type ShardJob } from './shard-job.ts'

/** A plan that a node may run: found under its own root, with the hashes that the job names. */
export interface FoundPlan {
  readonly job: ShardJob
  readonly plan: FrozenPlan
  readonly generation: Generation
  /** Absolute. */
  readonly sourceRoot: string
}

/**
 * Looks a job's plan up. Whoever can reach the queue can write jobs, so a job decides nothing: it only chooses among the plans that
 * somebody with access to the files has frozen below `--root`.
 * @param data of the job, whatever it may be.
 * @throws MigrationError PLAN_REFUSED; GENERATION_CLOSED where the plan was there and is over.
 */
export async function findPlan(data: unknown, root: string): Promise<FoundPlan> {
  const parsed = ShardJobSchema.safeParse(data)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw refused(`the job is not one of Drover's: ${issue?.path.join('.')}: ${issue?.message}`)
  }
  const job = parsed.data
  const top = realRoot(root)
  const targetRoot = requireInside(top, job.targetRoot)
  const generation = { targetRoot, manifestHash: job.manifestHash, id: job.generation }
  const frozen = await readFrozenPlan(generation)
  if (frozen === null) throw refused(`no plan ${job.planHash.slice(0, 12)} is frozen in ${job.targetRoot} below --root`)
  const { plan, sha256 } = frozen
  if (sha256 !== job.planFileHash) throw refused('the plan below --root is not the one that the job names')
  requireFormats(plan)
  // The names on the plan's file are not believed either.
  if (planHash(plan.data, plan.targetName) !== job.planHash || plan.planHash !== job.planHash) {
    throw refused('the job names another mapping or other options than the plan below --root')
  }
  if (
    plan.manifestHash !== job.manifestHash ||
    plan.generation !== job.generation ||
    plan.targetRoot !== job.targetRoot
  ) {
    throw refused('the plan below --root was made for another tree')
  }
  if (job.shard >= plan.shards.length) throw refused(`the plan has no shard ${job.shard}`)
  return { job, plan, generation, sourceRoot: requireInside(top, plan.sourceRoot) }
}

/** Another node may have what this one lacks. */
function requireFormats({ data, filePlanHashes }: FrozenPlan): void {
  if (!hasFormat(data.targetFormat))
    throw unfit(`the plan makes targets of the format ${data.targetFormat}, which is not known here`)
  for (const [format, given] of Object.entries(data.formats)) {
    if (!hasFormat(format as FormatName))
      throw unfit(`the plan has options for the format ${format}, which is not known here`)
    const fault =
      getFormat(format as FormatName).checkOptions && faultOfOptions(format, given as Readonly<Record<string, string>>)
    if (fault) throw unfit(`the plan has options that are not known here: ${fault}`)
  }
  const changed = broughtFormats().find((format) => {
    const frozenHash = filePlanHashes[format]
    return frozenHash !== undefined && frozenHash !== filePlanHash(data, format)
  })
  if (changed !== undefined) throw unfit(`the format ${changed} is another one here than where the plan was made`)
}

function unfit(message: string): MigrationError {
  return new MigrationError('PLAN_REFUSED', message, { phase: 'plan', isRetryable: true })
}

/** A tree below the root, links on the way resolved: none may lead out. */
function requireInside(root: string, path: string): string {
  let place: string | null
  try {
    place = placeInside(root, path)
  } catch {
    throw refused(`there is no ${path} below --root`)
  }
  if (place === null) throw refused(`${path} leads out of --root`)
  return place
}

function refused(message: string): MigrationError {
  return new MigrationError('PLAN_REFUSED', message, {
    phase: 'plan',
    hint: 'nodes need the --root of the coordinator: the folder that its paths are relative to',
  })
}

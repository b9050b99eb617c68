import { join, relative, sep } from 'node:path'
import { cutShards } from '../../cluster/shards/cut-shards.ts'
import { bookkeepingPaths } from '../../commit/bookkeeping-paths.ts'
import { probeExclusiveNames } from '../../commit/records/commit-record.ts'
import { freezePlan, type FrozenPlanFile } from '../../commit/records/frozen-plan.ts'
import type { Generation } from '../../commit/records/generation-paths.ts'
import { writeManifest } from '../../commit/journal/manifest.ts'
import { StagingArea } from '../../commit/staging/staging-area.ts'
import { MigrationError } from '../../errors/migration-error.ts'
import { formatNames } from '../../formats/registry.ts'
import { PLAN_VERSION, type ShardFile } from '../../model/frozen-plan.ts'
import { isPathInside } from '../../model/paths/path-inside.ts'
import type { ExistingTargets } from '../../plan/find-existing-targets.ts'
import type { Plan } from '../plan/make-plan.ts'

/** Nodes that are expected where none has come yet. */
const EXPECTED_NODES = 4

export interface FreezeOptions {
  readonly plan: Plan
  /** What is in the places of its targets. */
  readonly existing: ExistingTargets
  readonly generation: Generation
  /** The files to convert. */
  readonly indexes: Uint32Array
  /** Absolute. */
  readonly root: string
  /** Nodes that are there. */
  readonly nodeCount: number
  /** The most files of a shard. */
  readonly mostFiles: number | undefined
}

/** Claims all targets, cuts the files into shards, and freezes the plan for the nodes. */
export async function freezeGeneration(options: FreezeOptions): Promise<FrozenPlanFile> {
  const { plan, generation, indexes, root } = options
  const { targetRoot, planHash, manifestHash, data } = plan
  const { force, overwrite, fsync, targetName, retries, taskTimeout } = plan.options
  const paths = bookkeepingPaths(targetRoot)
  const exclusiveBy = await probeExclusiveNames(paths.tree, paths.root)
  const staging = await StagingArea.open({ targetRoot, runId: generation.id, node: 'nodes' })
  const header = { runId: generation.id, manifestHash, planHash }
  await writeManifest({ targetRoot, isDurable: fsync }, header, staging.claims(plan.targets, indexes))
  const frozen = {
    planVersion: PLAN_VERSION as typeof PLAN_VERSION,
    planHash,
    manifestHash,
    generation: generation.id,
    isForced: force,
    mayOverwrite: overwrite,
    sourceRoot: pathBelow(root, plan.discovery.root, '--in'),
    targetRoot: pathBelow(root, targetRoot, '--out'),
    targetName,
    data,
    filePlanHashes: Object.fromEntries(
      [...formatNames(), 'bytes' as const].map((format) => [format, plan.filePlanHash(format)]),
    ),
    isDurable: fsync,
    retries,
    taskTimeoutMs: taskTimeout ?? null,
    exclusiveBy,
  }
  return freezePlan(generation, frozen, shardsOf(options))
}

function* shardsOf({ plan, existing, indexes, nodeCount, mostFiles }: FreezeOptions): Generator<ShardFile[]> {
  const { files } = plan.discovery
  const rules = {
    nodeCount: nodeCount > 0 ? nodeCount : EXPECTED_NODES,
    ...(mostFiles === undefined ? {} : { mostFiles }),
  }
  for (const shard of cutShards(files, rules, indexes))
    yield Array.from(shard, (index) => describeFile(plan, existing, index))
}

function describeFile({ discovery: { files }, targets }: Plan, existing: ExistingTargets, index: number): ShardFile {
  return {
    index,
    path: files.path(index),
    sizeBytes: files.sizeBytes(index),
    mtimeNs: String(files.mtimeNs(index)),
    format: files.format(index),
    target: targets.path(index),
    seen: existing.seen(index),
  }
}

/** A tree as nodes name it, that have the same trees below a root of their own. */
export function pathBelow(root: string, path: string, flag: string): string {
  const below = relative(root, path).split(sep).join('/')
  if (below === '') return '.'
  if (isPathInside(below)) return below
  throw new MigrationError('WRONG_USE', `${flag} does not lie below --root`, {
    phase: 'options',
    hint: 'nodes find both trees below their own --root: name the folder that has both',
  })
}

/** The folder that both trees lie in: what `--root` is where it is not given. */
export function commonParent(first: string, second: string): string {
  const parts = first.split('/')
  const others = second.split('/')
  let shared = 0
  while (shared < parts.length && parts[shared] === others[shared]) shared++
  return join('/', ...parts.slice(0, shared))
}

import type { RecordedTarget } from '../../model/commit-record.ts'
import type { ShardFile } from '../../model/frozen-plan.ts'
import type { StagedTarget } from '../publish/staged-target.ts'

/** The staged file that a record tells of, with the file of the shard that it was made of. */
export function toStagedTarget(
  targetRoot: string,
  { path, target, seen }: Pick<ShardFile, 'path' | 'target' | 'seen'>,
  recorded: RecordedTarget,
): StagedTarget<RecordedTarget> {
  const { stagedTarget, stagedRejects, targetBytes, targetHash } = recorded
  return {
    source: path,
    target,
    seen,
    stagedTarget: `${targetRoot}/${stagedTarget}`,
    stagedRejects: stagedRejects === null ? null : `${targetRoot}/${stagedRejects}`,
    targetBytes,
    targetHash,
    proved: recorded,
  }
}

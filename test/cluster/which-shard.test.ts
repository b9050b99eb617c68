import { describe, expect, it } from 'vitest'
import { whichShard } from '../../src/cluster/shards/which-shard.ts'
import type { MigrationError } from '../../src/errors/migration-error.ts'
import { OptionsSchema } from '../../src/options/options.ts'

type Case = readonly [text: string, variables: string, expected: string]

/** Variables as `NAME=value NAME=value`. */
function environmentOf(variables: string): Record<string, string> {
  return Object.fromEntries(variables.split(' ').map((pair) => pair.split('=') as [string, string]))
}

const SHARDS: readonly Case[] = [
  ['2/8', '', '2/8'],
  ['1/1', '', '1/1'],
  ['2/8', 'AWS_BATCH_JOB_ARRAY_INDEX=5 AWS_BATCH_JOB_ARRAY_SIZE=9', '2/8'],
  ['auto', 'AWS_BATCH_JOB_ARRAY_INDEX=0 AWS_BATCH_JOB_ARRAY_SIZE=9', '1/9'],
  ['auto', 'AWS_BATCH_JOB_ARRAY_INDEX=8 AWS_BATCH_JOB_ARRAY_SIZE=9', '9/9'],
  ['auto', 'CLOUD_RUN_TASK_INDEX=3 CLOUD_RUN_TASK_COUNT=4', '4/4'],
  ['auto', 'SLURM_ARRAY_TASK_ID=1 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_COUNT=8', '1/8'],
  ['auto', 'SLURM_ARRAY_TASK_ID=0 SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_COUNT=8 SLURM_ARRAY_TASK_STEP=1', '1/8'],
  ['auto', 'SLURM_ARRAY_TASK_ID=9 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_COUNT=3 SLURM_ARRAY_TASK_STEP=4', '3/3'],
  ['auto/8', 'JOB_COMPLETION_INDEX=0', '1/8'],
  ['auto/8', 'JOB_COMPLETION_INDEX=7', '8/8'],
  ['auto/9', 'AWS_BATCH_JOB_ARRAY_INDEX=2 AWS_BATCH_JOB_ARRAY_SIZE=9', '3/9'],
]

const ERRORS: readonly Case[] = [
  ['auto', 'HOME=/root', 'finds none of AWS_BATCH_JOB_ARRAY_INDEX, CLOUD_RUN_TASK_INDEX, SLURM_ARRAY_TASK_ID in the'],
  ['auto', 'JOB_COMPLETION_INDEX=1', 'Kubernetes says which shard this is (JOB_COMPLETION_INDEX), but not how many'],
  ['auto', 'AWS_BATCH_JOB_ARRAY_INDEX=1', 'AWS_BATCH_JOB_ARRAY_SIZE is missing'],
  ['auto', 'CLOUD_RUN_TASK_INDEX=x CLOUD_RUN_TASK_COUNT=4', 'CLOUD_RUN_TASK_INDEX is "x", and no number'],
  ['auto', 'CLOUD_RUN_TASK_INDEX=4 CLOUD_RUN_TASK_COUNT=4', 'do not fit together: CLOUD_RUN_TASK_INDEX=4, CLOUD_RUN_'],
  ['auto', 'SLURM_ARRAY_TASK_ID=4 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_COUNT=3', 'do not fit together: SLURM_ARRAY'],
  [
    'auto',
    'SLURM_ARRAY_TASK_ID=4 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_COUNT=3 SLURM_ARRAY_TASK_STEP=2',
    'do not fit together',
  ],
  [
    'auto',
    'SLURM_ARRAY_TASK_ID=4 CLOUD_RUN_TASK_INDEX=1',
    'two batch systems are in the environment: CLOUD_RUN_TASK_IN',
  ],
  ['auto/8', 'HOME=/root', '--shard auto/8 finds no JOB_COMPLETION_INDEX in the environment'],
  ['auto/8', 'JOB_COMPLETION_INDEX=8', 'JOB_COMPLETION_INDEX=8 is beyond --shard auto/8: it counts from 0 to 7'],
  [
    'auto/8',
    'AWS_BATCH_JOB_ARRAY_INDEX=2 AWS_BATCH_JOB_ARRAY_SIZE=9',
    'is not what AWS Batch says: AWS_BATCH_JOB_ARRAY',
  ],
]

describe('--shard', () => {
  it.each(SHARDS)('%s with %s is shard %s', (text, variables, expected) => {
    const { index, count } = whichShard(text, environmentOf(variables))
    expect(`${index}/${count}`).toBe(expected)
  })

  it.each(ERRORS)('%s with %s is refused and says what was looked for', (text, variables, message) => {
    let error: MigrationError | null = null
    try {
      whichShard(text, environmentOf(variables))
    } catch (thrown) {
      error = thrown as MigrationError
    }
    expect(error?.code).toBe('WRONG_USE')
    expect(error?.message).toContain(message)
    expect(error?.hint).toMatch(/\S/)
  })

  it.each([
    ['0/3', '"0/3" is not a shard: of 3, the first is 1/3 and the last 3/3'],
    ['4/3', '"4/3" is not a shard: of 3, the first is 1/3 and the last 3/3'],
    ['1/0', '"1/0" is not a shard: there may be 1 to 100000 of them'],
    ['auto/0', '"auto/0" is not a shard: there may be 1 to 100000 of them'],
    ['1/100001', '"1/100001" is not a shard: there may be 1 to 100000 of them'],
    ['3', '"3" is not a shard (like 2/8, auto or auto/8)'],
    ['-1/3', '"-1/3" is not a shard (like 2/8, auto or auto/8)'],
    ['1/2/3', '"1/2/3" is not a shard (like 2/8, auto or auto/8)'],
    ['', '"" is not a shard (like 2/8, auto or auto/8)'],
  ])('%j is refused by the schema', (shard, message) => {
    const result = OptionsSchema.safeParse({ in: 'a', out: 'b', shard })
    expect(result.error?.issues.map((issue) => issue.message)).toEqual([message])
  })
})

import { MigrationError } from '../../errors/migration-error.ts'
import { printableName } from '../../errors/printable-name.ts'
import type { ShardNumber } from '../../model/shard.ts'

/*
 * Which shard this machine is. Batch systems start the same command many times and tell each its number in the environment, each in its own
 * way. Each variable is documented by its system:
 *
 * - AWS Batch array jobs: AWS_BATCH_JOB_ARRAY_INDEX from 0, AWS_BATCH_JOB_ARRAY_SIZE
 *   https://docs.aws.amazon.com/batch/latest/userguide/array_jobs.html
 * - Cloud Run jobs: CLOUD_RUN_TASK_INDEX from 0, CLOUD_RUN_TASK_COUNT
 *   https://cloud.google.com/run/docs/container-contract#jobs-env-vars
 * - Slurm job arrays: SLURM_ARRAY_TASK_ID from SLURM_ARRAY_TASK_MIN in steps of SLURM_ARRAY_TASK_STEP, SLURM_ARRAY_TASK_COUNT
 *   https://slurm.schedmd.com/job_array.html
 * - Kubernetes indexed jobs: JOB_COMPLETION_INDEX from 0, and nothing that says how many there are
 *   https://kubernetes.io/docs/concepts/workloads/controllers/job/#completion-mode
 */

type Environment = Readonly<Record<string, string | undefined>>

/**
 * The shard that `--shard` names, with the help of the environment for `auto` and `auto/N`.
 * @param text as the schema of the options lets it pass.
 * @throws MigrationError WRONG_USE where the environment does not say, says nonsense, or two systems say different things.
 */
export function whichShard(text: string, environment: Environment): ShardNumber {
  const [first = '', second] = text.split('/')
  if (first !== 'auto') return { index: Number(first), count: Number(second) }
  if (second !== undefined) return withCount(Number(second), environment)
  const found = SYSTEMS.filter(({ indexName }) => isSet(environment, indexName))
  const [system] = found
  if (system === undefined) throw nothingFound(environment)
  if (found.length > 1) {
    throw wrongShard(
      `two batch systems are in the environment: ${found.map(({ indexName }) => indexName).join(' and ')}`,
      'say which shard this is: --shard 2/8',
    )
  }
  return readSystem(system, environment)
}

interface BatchSystem {
  readonly name: string
  readonly indexName: string
  readonly countName: string
  /** What the first index is; 0 where there is no such variable. */
  readonly firstName?: string
  readonly stepName?: string
}

const SYSTEMS: readonly BatchSystem[] = [
  { name: 'AWS Batch', indexName: 'AWS_BATCH_JOB_ARRAY_INDEX', countName: 'AWS_BATCH_JOB_ARRAY_SIZE' },
  { name: 'Cloud Run', indexName: 'CLOUD_RUN_TASK_INDEX', countName: 'CLOUD_RUN_TASK_COUNT' },
  {
    name: 'Slurm',
    indexName: 'SLURM_ARRAY_TASK_ID',
    countName: 'SLURM_ARRAY_TASK_COUNT',
    firstName: 'SLURM_ARRAY_TASK_MIN',
    stepName: 'SLURM_ARRAY_TASK_STEP',
  },
]

const KUBERNETES = 'JOB_COMPLETION_INDEX'

function readSystem({ name, indexName, countName, firstName, stepName }: BatchSystem, environment: Environment) {
  const count = readNumber(environment, countName, name)
  const first = firstName === undefined ? 0 : readNumber(environment, firstName, name)
  const step = stepName === undefined || !isSet(environment, stepName) ? 1 : readNumber(environment, stepName, name)
  const at = (readNumber(environment, indexName, name) - first) / step
  if (count < 1 || at < 0 || at >= count || !Number.isInteger(at)) {
    const values = [indexName, countName, firstName, stepName]
      .filter((variable) => variable !== undefined)
      .map((variable) => `${variable}=${environment[variable] ?? ''}`)
    throw wrongShard(`the variables of ${name} do not fit together: ${values.join(', ')}`, SAY_IT)
  }
  return { index: at + 1, count }
}

/** `auto/N`: the number of this shard by itself, wherever it stands. A system that also says how many must say the same. */
function withCount(count: number, environment: Environment): ShardNumber {
  const found = SYSTEMS.filter(({ indexName }) => isSet(environment, indexName))
  const system = found[0]
  if (system !== undefined && found.length === 1 && !isSet(environment, KUBERNETES)) {
    const shard = readSystem(system, environment)
    if (shard.count === count) return shard
    throw wrongShard(
      `--shard auto/${count} is not what ${system.name} says: ${system.countName}=${shard.count}`,
      SAY_IT,
    )
  }
  if (!isSet(environment, KUBERNETES)) {
    throw wrongShard(`--shard auto/${count} finds no ${KUBERNETES} in the environment`, KUBERNETES_HINT)
  }
  const index = readNumber(environment, KUBERNETES, 'Kubernetes') + 1
  if (index > count) {
    throw wrongShard(
      `${KUBERNETES}=${index - 1} is beyond --shard auto/${count}: it counts from 0 to ${count - 1}`,
      'the N of auto/N must be the completions of the job',
    )
  }
  return { index, count }
}

function nothingFound(environment: Environment): MigrationError {
  if (isSet(environment, KUBERNETES)) {
    return wrongShard(
      `Kubernetes says which shard this is (${KUBERNETES}), but not how many there are`,
      'say it: --shard auto/8, where 8 is the completions of the job',
    )
  }
  const looked = SYSTEMS.map(({ indexName }) => indexName).join(', ')
  return wrongShard(`--shard auto finds none of ${looked} in the environment`, SAY_IT)
}

const SAY_IT = 'say which shard this is: --shard 2/8'
const KUBERNETES_HINT = 'only a Job with completionMode: Indexed has it; elsewhere say which shard this is: --shard 2/8'

function isSet(environment: Environment, name: string): boolean {
  return (environment[name] ?? '') !== ''
}

function readNumber(environment: Environment, name: string, system: string): number {
  const text = environment[name] ?? ''
  if (/^\d{1,9}$/.test(text)) return Number(text)
  const problem = text === '' ? 'is missing' : `is "${printableName(text)}", and no number`
  throw wrongShard(`${name} ${problem}, though the environment is that of ${system}`, SAY_IT)
}

function wrongShard(message: string, hint: string): MigrationError {
  return new MigrationError('WRONG_USE', message, { phase: 'options', hint })
}

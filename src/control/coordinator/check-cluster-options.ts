import { MigrationError } from '../../errors/migration-error.ts'
import type { ResolvedOptions } from '../../options/options.ts'
import { realRoot } from '../../storage/local/place-inside.ts'
import { commonParent } from './freeze-generation.ts'
import type { Plan } from '../plan/make-plan.ts'

/** @throws MigrationError WRONG_USE for options that only a run on one machine can have. */
export function refuseUnfit(settings: ResolvedOptions): void {
  const unfit = {
    shard: settings.shard,
    trace: settings.trace,
    profile: settings.profile,
    halt: settings.halt ?? undefined,
  }
  const [flag] = Object.entries(unfit).find(([, value]) => value !== undefined) ?? []
  if (flag === undefined) return
  throw new MigrationError('WRONG_USE', `--${flag} cannot be used with --cluster`, {
    phase: 'options',
    hint: `leave out --${flag}, or run on one machine`,
  })
}

/**
 * What paths that travel are relative to.
 * @throws MigrationError WRONG_USE.
 */
export function resolveRoot(root: string | undefined, plan: Plan): string {
  if (root === undefined) return commonParent(plan.discovery.root, plan.targetRoot)
  try {
    return realRoot(root)
  } catch {
    throw new MigrationError('WRONG_USE', '--root is not a folder that can be read', { phase: 'options' })
  }
}

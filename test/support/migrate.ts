import { migrate as run } from '../../src/migrate.ts'

/** `npm run test:reference` sets it as users do, and so it reaches every command line that a test starts. */
const { MIGRATE_ENGINE } = process.env

/** The engine of all that tests leave to the default. */
export const DEFAULT_ENGINE: { readonly engine?: 'reference' } =
  MIGRATE_ENGINE === 'reference' ? { engine: MIGRATE_ENGINE } : {}

/** The library's `migrate`, which does not read the environment. */
export const migrate: typeof run = (options, hooks) => run({ ...DEFAULT_ENGINE, ...options }, hooks)

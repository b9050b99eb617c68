import { environmentName, FLAGS } from '../flags.ts'
import { readOptionWord } from './option-words.ts'
import { suggestNearest } from '../../errors/suggest-nearest.ts'
import { wrongUse } from './wrong-use.ts'

/** Options from variables. */
export interface EnvironmentOptions {
  /** By option key: the value, and the variable it came from. */
  readonly options: ReadonlyMap<string, { readonly value: unknown; readonly name: string }>
  /** Variables that look like a mistyped option, each with the option that was probably meant. */
  readonly suspects: readonly { readonly name: string; readonly meant: string }[]
}

const PREFIX = 'MIGRATE_'

/**
 * Reads the `MIGRATE_` variables. An empty one counts as not set. A list has one value a line. `MIGRATE_NO_FSYNC=1` is
 * `MIGRATE_FSYNC=0`. Other programs use the prefix too, so an unknown variable is only a suspect, and only when its name is
 * nearly that of an option.
 * @throws MigrationError WRONG_USE where `MIGRATE_FSYNC` and `MIGRATE_NO_FSYNC` are both set: one of them would be passed over silently.
 */
export function readEnvironment(environment: NodeJS.ProcessEnv): EnvironmentOptions {
  const options = new Map<string, { value: unknown; name: string }>()
  const known = new Set<string>()
  for (const flag of FLAGS) {
    const name = environmentName(flag.key)
    const negatedName = name.replace(PREFIX, `${PREFIX}NO_`)
    known.add(name)
    if (flag.kind === 'boolean') known.add(negatedName)
    const text = environment[name] ?? ''
    const negatedText = flag.kind === 'boolean' ? (environment[negatedName] ?? '') : ''
    if (text !== '' && negatedText !== '') {
      throw wrongUse(`${name} and ${negatedName} are both set`, 'leave one of them out')
    }
    if (text !== '') {
      const value = flag.kind === 'list' ? text.split('\n').filter((line) => line !== '') : readOptionWord(flag, text)
      options.set(flag.key, { value, name })
    } else if (negatedText !== '') {
      const value = readOptionWord(flag, negatedText)
      options.set(flag.key, { value: typeof value === 'boolean' ? !value : value, name: negatedName })
    }
  }
  const suspects = Object.keys(environment)
    .filter((name) => name.startsWith(PREFIX) && !known.has(name))
    .flatMap((name) => {
      const meant = suggestNearest(
        name.slice(PREFIX.length),
        [...known].map((other) => other.slice(PREFIX.length)),
      )
      return meant === undefined ? [] : [{ name, meant: PREFIX + meant }]
    })
  return { options, suspects }
}

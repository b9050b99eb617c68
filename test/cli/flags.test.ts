import { describe, expect, it } from 'vitest'
import { BenchOptionsSchema } from '../../src/cli/settings/bench-options.ts'
import { ClusterOptionsSchema } from '../../src/cli/settings/cluster-options.ts'
import { DisplayOptionsSchema } from '../../src/cli/settings/display-options.ts'
import { defaultOf, environmentName, FLAGS, longFlag } from '../../src/cli/flags.ts'
import { readOptionWord } from '../../src/cli/settings/option-words.ts'
import { OptionsSchema } from '../../src/options/options.ts'

const SHAPE: Readonly<Record<string, { safeParse(value: unknown): { success: boolean; data?: unknown } }>> = {
  ...OptionsSchema.shape,
  ...DisplayOptionsSchema.shape,
  ...BenchOptionsSchema.shape,
  ...ClusterOptionsSchema.shape,
}

/** What the help need not tell. */
const NO_DEFAULT = [undefined, false, 0, []]

const parsed = (key: string, value: unknown) => SHAPE[key]?.safeParse(value).data

describe('the table of flags', () => {
  it('has exactly the options of the schemas, each once', () => {
    expect(FLAGS.map((flag) => flag.key).sort()).toEqual(Object.keys(SHAPE).sort())
  })

  it('has no option that both schemas know', () => {
    expect(Object.keys(OptionsSchema.shape).filter((key) => key in DisplayOptionsSchema.shape)).toEqual([])
  })

  it.each(FLAGS)('tells the default of $key as the schema has it', (flag) => {
    const byDefault = parsed(flag.key, undefined)
    const told = defaultOf(flag) === undefined ? NO_DEFAULT : [parsed(flag.key, readOptionWord(flag, defaultOf(flag)))]
    expect(told).toContainEqual(byDefault)
  })

  it('has each short flag once', () => {
    const shorts = FLAGS.flatMap((flag) => flag.short ?? [])
    expect(new Set(shorts).size).toBe(shorts.length)
  })

  it.each([
    ['in', '--in', 'MIGRATE_IN'],
    ['maxRejects', '--max-rejects', 'MIGRATE_MAX_REJECTS'],
    ['filesFrom0', '--files-from0', 'MIGRATE_FILES_FROM0'],
  ])('names %s as %s and %s', (key, flag, variable) => {
    expect([longFlag(key), environmentName(key)]).toEqual([flag, variable])
  })
})

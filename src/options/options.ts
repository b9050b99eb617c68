import { z } from 'zod'
import { DEFAULTS } from './defaults.ts'
import { delimitedSourceOptions, delimitedTargetOptions } from '../formats/csv/csv-options.ts'
import { jsonSourceOptions } from '../formats/json/json-options.ts'
import { formatNames } from '../formats/registry.ts'
import type { FormatName } from '../model/format-name.ts'
import type { MappingInput } from '../model/mapping.ts'
import { faultOfPath } from '../model/paths/path-text.ts'
import { formatOption } from './format-option.ts'

/**
 * The options of a run, as the library takes them and as flags, environment and configuration files end up: the one schema
 * for all of them. Those that concern one format stand in its folder.
 */

const SIZE_UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1024,
  kb: 1000,
  kib: 1024,
  m: 1024 ** 2,
  mb: 1000 ** 2,
  mib: 1024 ** 2,
  g: 1024 ** 3,
  gb: 1000 ** 3,
  gib: 1024 ** 3,
  t: 1024 ** 4,
  tb: 1000 ** 4,
  tib: 1024 ** 4,
}

/** 1 PiB: more than any file or disk that one run meets, and exact as a number. */
const MOST_BYTES = 1024 ** 5

/** Bytes, as a number or as text: `500`, `64k`, `16MiB`, `1.5G` (k, M, G, T count in 1024, kB, MB, GB, TB in 1000). */
const byteSize = z.union([z.number(), z.string()]).transform((value, context) => {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(String(value).trim())
  const unit = SIZE_UNITS[match?.[2]?.toLowerCase() ?? '']
  if (!match || unit === undefined) {
    context.addIssue({ code: 'custom', message: `"${value}" is not a size (like 500, 64k, 16MiB or 1.5G)` })
    return z.NEVER
  }
  const bytes = Math.round(Number(match[1]) * unit)
  if (bytes <= MOST_BYTES) return bytes
  context.addIssue({ code: 'custom', message: `"${value}" is too large: the most is 1024T` })
  return z.NEVER
})

const DURATION_MS: Readonly<Record<string, number>> = {
  ms: 1,
  '': 1000,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  M: 2_592_000_000,
  y: 31_536_000_000,
}

/** Anchored, and with a unit between two numbers: it takes a time in proportion to the text. */
const DURATION = /^(?:\d+(?:\.\d+)?(?:ms|[smhdwMy]))*(?:\d+(?:\.\d+)?)?$/

const LONGEST_DURATION = '1000y'

/** Milliseconds of a duration: seconds as a number, or text: `10s`, `1.5h`, `2d`, `1h30m` (M is 30 days, y 365 days). */
export const duration = durationUpTo(LONGEST_DURATION)

/** A duration that somebody waits for. @param most the longest, as text. */
function durationUpTo(most: string): z.ZodType<number, number | string> {
  return z.union([z.number(), z.string()]).transform((value, context) => {
    const text = String(value).trim()
    if (text === '' || !DURATION.test(text)) {
      context.addIssue({ code: 'custom', message: `"${value}" is not a duration (like 10s, 1.5h or 2d)` })
      return z.NEVER
    }
    const durationMs = addUpDuration(text)
    if (durationMs <= addUpDuration(most)) return durationMs
    context.addIssue({ code: 'custom', message: `"${value}" is too long: the most is ${most}` })
    return z.NEVER
  })
}

function addUpDuration(text: string): number {
  const parts = text.matchAll(/(\d+(?:\.\d+)?)([a-zA-Z]*)/g)
  return Array.from(parts, ([, amount, unit = '']) => Number(amount) * (DURATION_MS[unit] ?? Number.NaN)).reduce(
    (sum, ms) => sum + ms,
    0,
  )
}

const IS_PIPE = 'pipes are not read or written: name a file (one called "-" is "./-")'

/** A path of a single file or folder. `-` stands for a pipe everywhere else, so it is never taken for a name. */
export const onePath = pathText(() => false)

/** A path, or a pattern whose parts match names that are shorter. */
const pathOrPattern = pathText((path) => /[*?[{]/.test(path))

function pathText(isPattern: (path: string) => boolean): z.ZodString {
  return z
    .string()
    .min(1)
    .superRefine((path, context) => {
      const fault = faultOfOnePath(path, isPattern(path))
      if (fault !== null) context.addIssue({ code: 'custom', message: fault })
    })
}

function faultOfOnePath(path: string, isPattern = false): string | null {
  return path === '-' ? IS_PIPE : faultOfPath(path, isPattern)
}

/** A list given as an array or as text with commas. */
const list = z
  .union([z.array(z.string()), z.string()])
  .transform((value) => (typeof value === 'string' ? [value] : value))

const pathList = list.pipe(z.array(onePath))

const commaList = z
  .union([z.array(z.string()), z.string()])
  .transform((value) => (typeof value === 'string' ? value : value.join(',')))
  .transform((text) => text.split(',').filter((part) => part !== ''))

const threadCount = z.union([z.number(), z.string()]).transform((value, context) => {
  const text = String(value)
  if (text === 'auto' || /^\+?[1-9]\d{0,3}$/.test(text) || /^[1-9]\d{0,3}%$/.test(text)) return text
  context.addIssue({ code: 'custom', message: `"${text}" is not a number of threads (like 8, 50%, +2 or auto)` })
  return z.NEVER
})

const maxRejects = z.union([z.number(), z.string()]).transform((value, context) => {
  const match = /^(\d+(?:\.\d+)?)(%?)$/.exec(String(value))
  if (
    !match ||
    (match[2] === '' && !Number.isInteger(Number(match[1]))) ||
    (match[2] === '%' && Number(match[1]) > 100)
  ) {
    context.addIssue({ code: 'custom', message: `"${value}" is not a number of rejects (like 100 or 5%)` })
    return z.NEVER
  }
  return match[2] === '%' ? { share: Number(match[1]) / 100 } : { count: Number(match[1]) }
})

/** 0 and `none` lift it. */
const maxExpansion = z.union([z.number(), z.string()]).transform((value, context) => {
  if (value === 'none' || Number(value) === 0) return null
  if (/^\d+(?:\.\d+)?$/.test(String(value))) return Number(value)
  context.addIssue({ code: 'custom', message: `"${value}" is not a factor (like 1000), nor none` })
  return z.NEVER
})

const selectedColumns = commaList.transform((parts, context) => {
  const columns = parts.map((part) => {
    const at = part.indexOf('=')
    return at < 0 ? { name: part, source: part } : { name: part.slice(0, at), source: part.slice(at + 1) }
  })
  const names = new Set(columns.map((column) => column.name))
  if (names.size < columns.length) {
    context.addIssue({ code: 'custom', message: 'two selected columns have the same name in the target' })
    return z.NEVER
  }
  return columns
})

const halt = z.string().transform((text, context) => {
  if (text === 'never') return null
  const match = /^(soon|now),fail=([1-9]\d*)(%?)$/.exec(text)
  if (!match) {
    context.addIssue({ code: 'custom', message: `"${text}" is not a halt rule (like soon,fail=1 or now,fail=10%)` })
    return z.NEVER
  }
  const amount = Number(match[2])
  return { when: match[1] as 'soon' | 'now', failures: match[3] === '%' ? { share: amount / 100 } : { count: amount } }
})

/** A file, or what would be in it; its own schema (mapping.ts) looks inside later, since a file must be read first. */
const mapping = z
  .custom<string | MappingInput>((value) => (typeof value === 'string' ? value !== '' : typeof value === 'object'), {
    error: 'a mapping is a file, or an object with "columns", "drop" and "rest"',
  })
  .superRefine((value, context) => {
    const fault = typeof value === 'string' ? faultOfOnePath(value) : null
    if (fault !== null) context.addIssue({ code: 'custom', message: fault })
  })

/** More would be a mistake: each shard reads the whole list of sources. */
const MOST_SHARDS = 100_000

/** `K/N`, `auto` or `auto/N`. What `auto` means is found out later: the schema does not look at the environment. */
const shard = z.string().transform((text, context) => {
  const match = /^(?:(\d{1,9})\/(\d{1,9})|auto(?:\/(\d{1,9}))?)$/.exec(text)
  const count = Number(match?.[2] ?? match?.[3] ?? 1)
  const index = Number(match?.[1] ?? 1)
  const problem = !match
    ? 'is not a shard (like 2/8, auto or auto/8)'
    : count < 1 || count > MOST_SHARDS
      ? `is not a shard: there may be 1 to ${MOST_SHARDS} of them`
      : index < 1 || index > count
        ? `is not a shard: of ${count}, the first is 1/${count} and the last ${count}/${count}`
        : null
  if (problem === null) return text
  context.addIssue({ code: 'custom', message: `"${text}" ${problem}` })
  return z.NEVER
})

/** A format that there is, or is by now: the registry is asked each time. */
const formatName = z
  .custom<FormatName>(() => true)
  .superRefine((value, context) => {
    const names = formatNames()
    if (!names.includes(value)) context.addIssue({ code: 'invalid_value', values: [...names], input: value })
  })

export const OptionsSchema = z.strictObject({
  // What
  in: pathOrPattern,
  out: onePath,
  from: formatName.optional(),
  to: formatName.optional(),
  /** Modules that bring formats of their own. */
  formats: pathList.default([]),
  formatOption: formatOption.default([]),
  include: list.default([]),
  exclude: list.default([]),
  filter: list.default([]),
  filterFrom: pathList.default([]),
  filesFrom: pathList.default([]),
  filesFrom0: pathList.default([]),
  minSize: byteSize.optional(),
  maxSize: byteSize.optional(),
  minAge: duration.optional(),
  maxAge: duration.optional(),
  maxDepth: z.coerce.number().int().positive().optional(),
  links: z.boolean().default(false),
  others: z.enum(['skip', 'copy', 'fail']).default(DEFAULTS.others),
  targetName: z.enum(['replace', 'append']).default(DEFAULTS.targetName),
  overwrite: z.boolean().default(false),
  prune: z.boolean().default(false),
  select: selectedColumns.optional(),
  drop: commaList.default([]),
  map: mapping.optional(),
  // Dialect of sources
  encoding: z.string().default(DEFAULTS.encoding),
  ...delimitedSourceOptions,
  ...jsonSourceOptions,
  // Dialect of targets
  ...delimitedTargetOptions,
  // How
  threads: threadCount.prefault(DEFAULTS.threads),
  memoryLimit: byteSize.optional(),
  engine: z.enum(['auto', 'kernel', 'reference', 'stream']).default(DEFAULTS.engine),
  lossy: z.boolean().default(false),
  orderBy: z.enum(['size,descending', 'size,ascending', 'path,ascending', 'path,descending']).default(DEFAULTS.orderBy),
  /** Which part of the tree this run converts, of how many. */
  shard: shard.optional(),
  fsync: z.boolean().default(DEFAULTS.fsync),
  bwlimit: byteSize.refine((bytes) => bytes > 0, { error: 'the least is one byte a second' }).optional(),
  /** More is no storage, and a run that only waits. */
  latency: durationUpTo('1m').optional(),
  retries: z.coerce.number().int().nonnegative().max(100).default(DEFAULTS.retries),
  /** A timer of more than 24 days would be over at once. */
  taskTimeout: durationUpTo('20d').optional(),
  halt: halt.prefault(DEFAULTS.halt),
  maxRecordSize: byteSize.prefault(DEFAULTS.maxRecordSize),
  /** Where the trace of the run is written. */
  trace: onePath.optional(),
  /** The folder for CPU profiles. */
  profile: onePath.optional(),
  // State
  force: z.boolean().default(false),
  checksum: z.boolean().default(false),
  unlock: z.boolean().default(false),
  maxRejects: maxRejects.optional(),
  /** Bytes of a target for each byte of its source. It decides whether a file may be made, not what is in it. */
  maxExpansion: maxExpansion.prefault(DEFAULTS.maxExpansion),
  errorOnEmpty: z.boolean().default(false),
  /** Files larger than this may be converted by several threads at once. Targets never depend on it. */
  splitSize: byteSize.prefault(DEFAULTS.splitSize),
  /** Bytes read at once. Targets never depend on it: a knob for tests and measurements. */
  chunkSize: byteSize.prefault(DEFAULTS.chunkSize),
  /** Files that a thread of the stream engine converts at the same time: what asynchronous I/O alone brings. */
  overlap: z.coerce.number().int().min(1).max(64).default(DEFAULTS.overlap),
})

/** Options as a user gives them: everything but `in` and `out` may be left out; sizes and durations may be text. */
export type MigrateOptions = z.input<typeof OptionsSchema>

/** Options after validation: defaults filled in, sizes in bytes, durations in milliseconds. */
export type ResolvedOptions = z.output<typeof OptionsSchema>

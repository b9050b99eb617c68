import { z } from 'zod'
import { MigrationError } from '../../errors/migration-error.ts'
import { TAB } from './csv-dialect.ts'
import type { DelimitedOptions } from './csv-options.ts'
import type { CsvSettings, DelimitedSource, DelimitedTarget } from './csv-settings.ts'

// From the options of delimited files to what threads get, and the combinations that no schema of single options can see.

const NONE = -1
const LF = 0x0a
const CR = 0x0d

const byte = z.number().int().min(-1).max(127)

/** Changes with the interfaces in csv-settings.ts. */
const schema: z.ZodType<CsvSettings> = z.strictObject({
  source: z.strictObject({
    delimiter: byte,
    quote: byte,
    escape: byte,
    comment: byte,
    hasHeader: z.boolean(),
    nullText: z.string().nullable(),
    skipLines: z.number().int().nonnegative(),
    quotes: z.enum(['lenient', 'rfc']),
    trimAroundQuotes: z.boolean(),
    ragged: z.enum(['reject', 'pad', 'truncate']),
    duplicateColumns: z.enum(['fail', 'rename']),
    unterminatedQuote: z.enum(['fail', 'reject']),
  }),
  target: z.strictObject({
    delimiter: byte,
    quote: byte,
    hasHeader: z.boolean(),
    lineEnd: z.enum(['lf', 'crlf']),
    nullText: z.string().nullable(),
    nested: z.enum(['json', 'flatten']),
  }),
})

/** The options of delimited files, as csv and tsv find them in the plan. */
export const csvPlanSettings = {
  /** The shape of settings that come from a file: a frozen plan. */
  schema,
  /** @param hasTables whether targets are tables: nothing else is flattened. */
  make(options: DelimitedOptions, hasTables: boolean): CsvSettings {
    return { source: sourceOf(options), target: targetOf(options, hasTables) }
  },
  /**
   * Looks for combinations that no schema of single options can see.
   * @param reserved what a null text of the targets may not hold besides line ends. @throws MigrationError WRONG_USE
   */
  check({ source, target }: CsvSettings, reserved: readonly number[]): void {
    checkSourceDialect(source)
    checkTargetDialect(target, reserved)
  },
} as const

function sourceOf(options: DelimitedOptions): DelimitedSource {
  return {
    delimiter: code(options.delim),
    quote: code(options.quote),
    escape: code(options.escape ?? options.quote),
    comment: code(options.comment),
    hasHeader: options.header,
    nullText: options.nullstr ?? null,
    skipLines: options.skip,
    quotes: options.quotes,
    trimAroundQuotes: options.trimAroundQuotes,
    ragged: options.ragged,
    duplicateColumns: options.duplicateColumns,
    unterminatedQuote: options.unterminatedQuote,
  }
}

function targetOf(options: DelimitedOptions, hasTables: boolean): DelimitedTarget {
  return {
    delimiter: code(options.outDelim),
    quote: code(options.outQuote),
    hasHeader: options.outHeader,
    lineEnd: options.outCrlf ? 'crlf' : 'lf',
    nullText: options.nullstr ?? null,
    nested: hasTables ? options.nested : 'json',
  }
}

/** The code of an option's character, or -1 for "none". */
function code(character: string): number {
  return character === 'none' ? NONE : character.charCodeAt(0)
}

function checkSourceDialect(dialect: DelimitedSource): void {
  const { delimiter, quote, escape, comment } = dialect
  checkDelimiter('--delim', delimiter)
  for (const [flag, character] of [
    ['--quote', quote],
    ['--escape', escape],
    ['--comment', comment],
  ] as const) {
    checkSpecial(flag, character)
    checkDifferent(flag, character, '--delim', delimiter)
  }
  checkDifferent('--comment', comment, '--quote', quote)
  checkDifferent('--comment', comment, '--escape', escape)
}

function checkTargetDialect({ delimiter, quote, nullText }: DelimitedTarget, reserved: readonly number[]): void {
  checkDelimiter('--out-delim', delimiter)
  checkSpecial('--out-quote', quote)
  checkDifferent('--out-quote', quote, '--out-delim', delimiter)
  if (nullText === null) return
  const forbidden = [LF, CR, ...reserved]
  // It would need quotes around it, and quoted text is never null.
  const found = forbidden.find((character) => character !== NONE && nullText.includes(String.fromCharCode(character)))
  if (found !== undefined)
    refuse(`--nullstr ${JSON.stringify(nullText)} holds ${show(found)}`, 'choose a text that needs no quotes')
}

function checkDelimiter(flag: string, character: number): void {
  if (character === LF || character === CR)
    refuse(`${flag} cannot be ${show(character)}, which ends records`, 'choose another one')
}

/** A tab cannot be either: it is the delimiter of every tsv file. */
function checkSpecial(flag: string, character: number): void {
  if (character === LF || character === CR || character === TAB)
    refuse(`${flag} cannot be ${show(character)}`, 'choose another one')
}

function checkDifferent(flag: string, character: number, otherFlag: string, other: number): void {
  if (character === NONE || character !== other) return
  refuse(
    `${flag} and ${otherFlag} are both ${show(character)}`,
    `give one of them another character, or say ${flag} none`,
  )
}

function show(character: number): string {
  return JSON.stringify(String.fromCharCode(character))
}

function refuse(message: string, hint: string): never {
  throw new MigrationError('WRONG_USE', message, { phase: 'options', hint })
}

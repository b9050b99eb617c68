import { z } from 'zod'
import type { ColumnType } from './data-plan.ts'

/** A mapping: what a user says about the columns of the targets. docs/mapping.md describes it. */

export const COLUMN_TYPES = ['string', 'integer', 'number', 'boolean', 'json'] as const satisfies readonly ColumnType[]

/** What may be said of a column. */
export interface MappingColumn {
  /** The column's name in the source. Default: its name in the target. */
  readonly from?: string
  /** Default: values stay what they are. */
  readonly type?: ColumnType
  /** Of strings: the empty text becomes null. In columns of all other types it does anyway. */
  readonly emptyIsNull?: boolean
  /** Rejects records whose value is null or missing. */
  readonly required?: boolean
}

/** A mapping as a file or a caller of the library gives it. */
export interface MappingInput {
  /** By their names in the target: a type, or more. As a list where the order of names matters that are numbers. */
  readonly columns?:
    Readonly<Record<string, ColumnType | MappingColumn>> | readonly (MappingColumn & { readonly name: string })[]
  /** Columns of the source to leave out. */
  readonly drop?: readonly string[]
  /** What happens to columns that are not named. Default: `keep`. */
  readonly rest?: 'keep' | 'drop'
}

const name = z.string().min(1)

export const MappingColumnSchema = z.strictObject({
  name,
  from: name.optional(),
  type: z.enum(COLUMN_TYPES).optional(),
  emptyIsNull: z.boolean().optional(),
  required: z.boolean().default(false),
})

export const MappingSchema = z.strictObject({
  columns: z.preprocess(listColumns, z.array(MappingColumnSchema)).default([]),
  drop: z.array(name).default([]),
  rest: z.enum(['keep', 'drop']).default('keep'),
})

/** A mapping after validation: its columns are a list. */
export type Mapping = z.output<typeof MappingSchema>

/** Both ways to write columns as the list that the schema knows. */
export function listColumns(columns: unknown): unknown {
  if (typeof columns !== 'object' || columns === null || Array.isArray(columns)) return columns
  return Object.entries(columns).map(([key, column]: [string, unknown]) =>
    typeof column === 'object' ? { name: key, ...column } : { name: key, type: column },
  )
}

import type { FormatName } from './format-name.ts'
import type { Pacing } from './pacing.ts'

export interface SelectedColumn {
  /** The name in the target. */
  readonly name: string
  /** The name in the source. */
  readonly source: string
}

/** What the values of a column become. `json` is raw JSON text. */
export type ColumnType = 'string' | 'integer' | 'number' | 'boolean' | 'json'

/** A column that the mapping names. */
export interface MappedColumn extends SelectedColumn {
  /** Null: values stay what they are in the source. */
  readonly type: ColumnType | null
  /** Of strings: the empty text becomes null, which it does in columns of all other types anyway. */
  readonly emptyIsNull: boolean
  /** True where a record whose value is null or missing is rejected. */
  readonly isRequired: boolean
}

/** Ways through the data plane. All but `stream` give the same bytes. */
export type EngineName = 'kernel' | 'reference' | 'stream'

/**
 * Everything the data plane must know that is the same for all files of a run. Plain and cloneable; a worker gets it once.
 * If you change it, also change data-plan-schema.ts, raise PLAN_VERSION (frozen-plan.ts), and see to it that plan-hash.ts covers what decides bytes.
 */
export interface DataPlan {
  /** `auto` is resolved before a plan is made. */
  readonly engine: EngineName
  readonly encoding: string
  /**
   * What each format is told, by the name of the format whose folder says how (tsv finds it with csv, ndjson with json): only formats
   * look into it. Of a format of a third party, the text of its own options, where some are given.
   */
  readonly formats: Readonly<Record<string, object>>
  readonly targetFormat: FormatName
  /** The columns of the target in order; null: all. */
  readonly select: readonly SelectedColumn[] | null
  readonly drop: readonly string[]
  /** What the mapping says of single columns. With `select` they are the same columns, else they are renamed in their places. */
  readonly columns: readonly MappedColumn[]
  readonly maxRecordBytes: number
  /** Bytes of a target for each byte of its source; null: any number. */
  readonly maxExpansion: number | null
  /** Rejected records a file may have: a number, or a share of its records from 0 to 1; null: no limit of the user's. */
  readonly maxRejects: { readonly count: number } | { readonly share: number } | null
  /** Bytes read at once. A knob for tests: the target never depends on it. */
  readonly chunkBytes: number
  /** Files larger than this may be split among threads. The target never depends on it. */
  readonly splitBytes: number
  /** Hash the content of sources too (`--checksum`). */
  readonly hashSources: boolean
  /** Storage that is made slow on purpose (`--bwlimit`, `--latency`); null: as fast as it is. In no hash. */
  readonly pacing: Pacing | null
}

import type { FormatName } from '../model/format-name.ts'

/**
 * The formats that Drover brings, in the order in which messages list them, and which of them are tables. This is all that the help says of them,
 * and it loads none. The registry has their objects, and a test holds them to this.
 */
export const BUILT_IN_FORMATS = {
  csv: { isTable: true },
  tsv: { isTable: true },
  ndjson: { isTable: false },
  json: { isTable: false },
} as const satisfies Record<FormatName, { readonly isTable: boolean }>

/** The formats by name. Which ones there are at run time, the registry of formats knows (src/formats/registry.ts). */
export interface FormatNames {
  readonly csv: true
  readonly tsv: true
  readonly ndjson: true
  readonly json: true
}

/** The name of a format, as `--from` and `--to` take it. */
export type FormatName = keyof FormatNames

/** True for what may be the name of a format, known or not: what comes from a file may be of a Drover that has more of them. */
export function isFormatName(value: unknown): value is FormatName {
  return typeof value === 'string' && /^[a-z][a-z0-9]{0,31}$/.test(value)
}

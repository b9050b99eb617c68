/** The formats that Drover reads and writes, by the name that `--from` and `--to` take. */
export const FORMAT_NAMES = ['csv', 'tsv', 'ndjson', 'json'] as const

export type FormatName = (typeof FORMAT_NAMES)[number]

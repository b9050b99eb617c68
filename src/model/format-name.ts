/** The formats that Drover reads and writes, by the name that `--from` and `--to` take. */
export const FORMAT_NAMES = ['csv', 'tsv', 'ndjson', 'json'] as const

export type FormatName = (typeof FORMAT_NAMES)[number]

/** What formats are also called, in lower case and without what is no letter: for hints. */
export const FORMAT_ALIASES: Readonly<Record<string, FormatName>> = {
  jsonl: 'ndjson',
  jsonlines: 'ndjson',
  jsonline: 'ndjson',
  jl: 'ndjson',
  ldjson: 'ndjson',
  linejson: 'ndjson',
  newlinedelimitedjson: 'ndjson',
  tab: 'tsv',
  tabs: 'tsv',
  tabdelimited: 'tsv',
  comma: 'csv',
  excel: 'csv',
}

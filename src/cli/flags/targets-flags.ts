import type { Flag } from './flag.ts'

/** How targets are written. */
export const TARGETS_FLAGS: readonly Flag[] = [
  {
    key: 'outDelim',
    kind: 'byte',
    group: 'Targets',
    placeholder: 'CHAR',
    help: 'delimiter of csv targets',
  },
  {
    key: 'outQuote',
    kind: 'byte',
    group: 'Targets',
    placeholder: 'CHAR|none',
    help: 'quote of csv and tsv targets',
  },
  { key: 'outHeader', kind: 'boolean', group: 'Targets', help: 'write no header' },
  { key: 'outCrlf', kind: 'boolean', group: 'Targets', help: 'end lines with CRLF' },
  {
    key: 'nested',
    kind: 'text',
    group: 'Targets',
    placeholder: 'json|flatten',
    help: 'nested values in csv: one cell of JSON text, or columns a.b',
  },
]

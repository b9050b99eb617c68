// Delimited text as docs/semantics.md says it is read, byte by byte and without a thought for speed: a second opinion on the reader.
// Files without a header whose lines end with line feeds; text stands for its bytes in latin1.

export interface PlainDialect {
  readonly delimiter: string
  /** '' for none. */
  readonly quote: string
  readonly escape: string
  readonly trimsAroundQuotes: boolean
  readonly isRfc: boolean
}

/** `ok` with the fields, or the code of the reject; and the text of the record. */
export interface PlainRecord {
  readonly fields: readonly string[]
  readonly fault: string | null
  readonly raw: string
}

const isBlank = (character: string | undefined, { delimiter }: PlainDialect): boolean =>
  (character === ' ' || character === '\t') && character !== delimiter

/** All records of a text behind its first line, which ends with a line feed. */
export function readByThePage(text: string, dialect: PlainDialect): PlainRecord[] {
  const records: PlainRecord[] = []
  let at = 0
  while (at < text.length) {
    const blank = /^\r?\n/.exec(text.slice(at, at + 2))
    if (blank !== null) {
      at += blank[0].length
      continue
    }
    const { record, next } = readRecord(text, at, dialect)
    records.push(record)
    at = next
  }
  return records
}

function readRecord(text: string, start: number, dialect: PlainDialect): { record: PlainRecord; next: number } {
  const fields: string[] = []
  let fault: string | null = null
  let at = start
  /** The length of the line end at `at`; 0: there is none. */
  const lineEnd = (): number => (text[at] === '\n' ? 1 : text.startsWith('\r\n', at) ? 2 : 0)
  const end = (): { record: PlainRecord; next: number } => ({
    record: { fields, fault, raw: text.slice(start, at) },
    next: at + lineEnd(),
  })
  for (;;) {
    let opening = at
    while (dialect.trimsAroundQuotes && isBlank(text[opening], dialect)) opening++
    if (dialect.quote !== '' && text[opening] === dialect.quote) {
      at = opening + 1
      let field = ''
      for (; text[at] !== dialect.quote || isEscape(text, at, dialect); at++) {
        if (at >= text.length)
          return { record: { fields, fault: 'UNTERMINATED_QUOTE', raw: text.slice(start) }, next: at }
        if (isEscape(text, at, dialect)) at++
        field += text[at]
      }
      at++
      fields.push(field)
      while (dialect.trimsAroundQuotes && isBlank(text[at], dialect)) at++
      if (at < text.length && lineEnd() === 0 && text[at] !== dialect.delimiter) {
        fault ??= text[at] === '\r' ? 'BARE_CR' : 'TEXT_AFTER_CLOSING_QUOTE'
        while (at < text.length && lineEnd() === 0) at++
      }
    } else {
      const from = at
      for (; at < text.length && lineEnd() === 0 && text[at] !== dialect.delimiter; at++) {
        if (text[at] === '\r') fault ??= 'BARE_CR'
        if (dialect.isRfc && dialect.quote !== '' && text[at] === dialect.quote) fault ??= 'QUOTE_IN_UNQUOTED_FIELD'
      }
      fields.push(text.slice(from, at))
    }
    if (at >= text.length || lineEnd() > 0) return end()
    at++
  }
}

function isEscape(text: string, at: number, { quote, escape }: PlainDialect): boolean {
  return (
    escape !== '' && text[at] === escape && (text[at + 1] === quote || text[at + 1] === escape) && at + 1 < text.length
  )
}

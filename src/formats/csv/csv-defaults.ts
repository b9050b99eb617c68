/** The defaults of delimited files, as a user would type them: here and nowhere else. Plain, since the help loads no schema. */
export const CSV_DEFAULTS = {
  delim: ',',
  quote: '"',
  comment: 'none',
  header: true,
  skip: 0,
  quotes: 'lenient',
  ragged: 'reject',
  duplicateColumns: 'fail',
  unterminatedQuote: 'fail',
  outDelim: ',',
  outQuote: '"',
  outHeader: true,
  nested: 'json',
} as const

import { Transform } from 'node:stream'
import { format as formatCsv, parse as parseCsv } from 'fast-csv'
import type { FormatStreams } from '../format.ts'
import { delimiterOf, type DelimitedFormatName } from './csv-dialect.ts'
import { csvSettings } from './csv-settings.ts'

type Row = Record<string, unknown>

/** Delimited text for the stream engine: fast-csv. */
export function csvStreams(format: DelimitedFormatName): FormatStreams {
  return {
    parse(plan, onReject) {
      const { source: dialect } = csvSettings(plan)
      const parser = parseCsv<Row, Row>({
        headers: dialect.hasHeader,
        delimiter: String.fromCharCode(delimiterOf(format, dialect.delimiter)),
        quote: dialect.quote < 0 ? null : String.fromCharCode(dialect.quote),
        ...(dialect.escape < 0 ? {} : { escape: String.fromCharCode(dialect.escape) }),
        ...(dialect.comment < 0 ? {} : { comment: String.fromCharCode(dialect.comment) }),
        strictColumnHandling: dialect.hasHeader,
        skipLines: dialect.skipLines,
      })
      parser.on('data-invalid', onReject)
      return [parser]
    },
    encode(plan) {
      const { target: dialect } = csvSettings(plan)
      const toCells = new Transform({
        objectMode: true,
        transform(row: Row, _encoding, done) {
          const cells = Object.entries(row).map(([name, value]) => [
            name,
            isNested(value) ? JSON.stringify(value) : value,
          ])
          done(null, Object.fromEntries(cells))
        },
      })
      return [
        toCells,
        formatCsv<Row, Row>({
          headers: dialect.hasHeader,
          delimiter: String.fromCharCode(delimiterOf(format, dialect.delimiter)),
          quote: dialect.quote < 0 ? false : String.fromCharCode(dialect.quote),
          rowDelimiter: dialect.lineEnd === 'crlf' ? '\r\n' : '\n',
          includeEndRowDelimiter: true,
        }),
      ]
    },
  }
}

function isNested(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

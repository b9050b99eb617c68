import { describe, expect, it } from 'vitest'
import { chunkSizesFor } from '../../support/chunk-sizes.ts'
import { parseCsv } from './csv-driver.ts'
import type { Outcome, SourceOptions } from './csv-driver.ts'

/** A source, what it becomes, and the options. A reject is written as `CODE raw`. */
type Case = readonly [title: string, source: string, expected: Expected, options?: SourceOptions]

interface Expected {
  readonly columns?: readonly string[]
  readonly rows?: readonly (readonly (string | null)[])[]
  readonly rejects?: readonly string[]
  readonly notices?: Outcome['notices']
  readonly error?: string
}

function run(cases: readonly Case[]) {
  for (const [title, source, expected, options] of cases) {
    it(`${title}: ${JSON.stringify(source)}`, () => {
      const whole = parseCsv(source, options)
      const got: Expected = {
        ...(expected.columns && { columns: whole.columns }),
        ...(expected.rows && { rows: whole.rows }),
        rejects: whole.rejects.map(({ code, raw }) => `${code} ${raw}`),
        notices: whole.notices,
        ...(whole.error && { error: whole.error.code }),
      }
      expect(got).toEqual({ rejects: [], notices: {}, ...expected })
      for (const chunkBytes of chunkSizesFor(source.length)) {
        expect(parseCsv(source, options, { chunkBytes })).toEqual(whole)
      }
    })
  }
}

const noHeader: SourceOptions = { hasHeader: false }
const backslash: SourceOptions = { escape: 0x5c }
const ab = 'a,b\n'

describe('fields', () => {
  run([
    [
      'plain fields',
      'a,b\n1,2\n3,4\n',
      {
        columns: ['a', 'b'],
        rows: [
          ['1', '2'],
          ['3', '4'],
        ],
      },
    ],
    ['no line end at the end', 'a,b\n1,2', { rows: [['1', '2']] }],
    [
      'empty fields',
      'a,b,c\n,,\n"","",""',
      {
        rows: [
          ['', '', ''],
          ['', '', ''],
        ],
      },
    ],
    ['a quoted delimiter', ab + '"1,2",3', { rows: [['1,2', '3']] }],
    ['a quoted line end', ab + '"1\n2","3\r\n4\r5"\n', { rows: [['1\n2', '3\r\n4\r5']] }],
    ['doubled quotes', ab + '"say ""hi""",""""\n', { rows: [['say "hi"', '"']] }],
    ['only doubled quotes', ab + '"""""",1\n', { rows: [['""', '1']] }],
    ['blanks are kept', ab + ' 1 , 2 \n', { rows: [[' 1 ', ' 2 ']] }],
    ['a NUL byte is kept', ab + '\0,"x\0"\n', { rows: [['\0', 'x\0']] }],
    ['UTF-8 is kept', ab + '\xc3\xa9,"\xf0\x9f\x98\x80"\n', { rows: [['\xc3\xa9', '\xf0\x9f\x98\x80']] }],
    [
      'a quote inside an unquoted field is literal',
      ab + 'x"y,5" z"\n',
      { rows: [['x"y', '5" z"']], notices: { quotesInUnquotedFields: 3 } },
    ],
    [
      'a blank before a quote makes it literal',
      ab + ' "1",2\n',
      { rows: [[' "1"', '2']], notices: { quotesInUnquotedFields: 2 } },
    ],
    ['literal quotes are counted for accepted records only', ab + 'x"y\n', { rejects: ['FIELD_COUNT x"y'] }],
    ['a byte order mark in the middle is text', ab + '\xef\xbb\xbf1,2\n', { rows: [['\xef\xbb\xbf1', '2']] }],
  ])
})

describe('line ends', () => {
  run([
    ['CRLF', 'a,b\r\n1,2\r\n', { columns: ['a', 'b'], rows: [['1', '2']] }],
    [
      'LF and CRLF mixed',
      'a,b\n1,2\r\n3,4\n',
      {
        rows: [
          ['1', '2'],
          ['3', '4'],
        ],
      },
    ],
    [
      'CR alone',
      'a,b\r1,2\r3,4\r',
      {
        columns: ['a', 'b'],
        rows: [
          ['1', '2'],
          ['3', '4'],
        ],
      },
    ],
    ['CR first, then all of them', 'a\r1\n2\r3\r\n4', { rows: [['1'], ['2'], ['3'], ['4']] }],
    [
      'CR in a file of CR inside quotes',
      'a,b\r"1\r2","3\r\n4"\r5,6',
      {
        rows: [
          ['1\r2', '3\r\n4'],
          ['5', '6'],
        ],
      },
    ],
    ['CR inside quotes does not decide', '"a\rx",b\n1\r,2\n3,4\n', { rows: [['3', '4']], rejects: ['BARE_CR 1\r,2'] }],
    ['CR after a quoted field decides', '"a"\r1\r', { columns: ['a'], rows: [['1']] }],
    ['a bare CR', ab + '1\r2,3\n4,5\n', { rows: [['4', '5']], rejects: ['BARE_CR 1\r2,3'] }],
    ['a bare CR at a line start', ab + '\r1,2\n4,5\n', { rows: [['4', '5']], rejects: ['BARE_CR \r1,2'] }],
    ['two CR before LF', ab + '1,2\r\r\n4,5\n', { rows: [['4', '5']], rejects: ['BARE_CR 1,2\r'] }],
    ['a bare CR as last byte', ab + '1,2\r', { rows: [], rejects: ['BARE_CR 1,2\r'] }],
    ['a bare CR after a closing quote', ab + '"1"\r,2\n4,5\n', { rows: [['4', '5']], rejects: ['BARE_CR "1"\r,2'] }],
    [
      'a bare CR after a closing quote, then text',
      ab + '"1"\rx,"2\n4,5\n',
      { rows: [['4', '5']], rejects: ['BARE_CR "1"\rx,"2'] },
    ],
    [
      'a bare CR after a closing quote costs the line, whatever quotes follow',
      'h,i,j\nz,""\r,"\nxx,1,2\n',
      { rows: [['xx', '1', '2']], rejects: ['BARE_CR z,""\r,"'] },
    ],
    [
      'with blanks around quotes too',
      ab + '"1" \r,"\n4,5\n',
      { rows: [['4', '5']], rejects: ['BARE_CR "1" \r,"'] },
      { trimAroundQuotes: true },
    ],
    ['and with an escape', ab + '"\\""\r,"\n4,5\n', { rows: [['4', '5']], rejects: ['BARE_CR "\\""\r,"'] }, backslash],
    [
      'a bare CR keeps quoted line ends inside its record',
      ab + '1\r2,"3\n4"\n5,6\n',
      { rows: [['5', '6']], rejects: ['BARE_CR 1\r2,"3\n4"'] },
    ],
    ['blank lines decide', '\ra,b\r1,2', { rows: [['1', '2']], notices: { blankLines: 1 } }],
    ['blank lines decide for LF', '\na,b\n1\r,2', { rejects: ['BARE_CR 1\r,2'], notices: { blankLines: 1 } }],
    ['comments decide', '#x\ra,b\r1,2', { rows: [['1', '2']], notices: { commentLines: 1 } }, { comment: 0x23 }],
    ['skipped lines decide', 'x\ra,b\r1,2', { rows: [['1', '2']], notices: { skippedLines: 1 } }, { skipLines: 1 }],
    ['a single record that ends in CR', 'a\r', { rows: [['a']] }, noHeader],
  ])
})

describe('blank lines, comments and skipped lines', () => {
  run([
    ['blank lines are counted', '\n\r\na,b\n\n1,2\n\r\n\n', { rows: [['1', '2']], notices: { blankLines: 5 } }],
    ['a line of blanks is a record', ab + ' \n', { rejects: ['FIELD_COUNT  '] }],
    ['in one column a blank line is an empty value', 'a\n\n1\n\r\n', { rows: [[''], ['1'], ['']] }],
    ['before the header it is none, even for one column', '\na\n1', { rows: [['1']], notices: { blankLines: 1 } }],
    ['nor before the first record', '\n1\n\n', { rows: [['1'], ['']], notices: { blankLines: 1 } }, noHeader],
    ['comments', '#x\na,b\n#"y\n1,2\n#', { rows: [['1', '2']], notices: { commentLines: 3 } }, { comment: 0x23 }],
    [
      'a comment only at a line start',
      ab + '1,#2\n 1,"\n#"',
      {
        rows: [
          ['1', '#2'],
          [' 1', '\n#'],
        ],
      },
      { comment: 0x23 },
    ],
    ['without a comment byte it is text', '#a,b\n#1,2\n', { columns: ['#a', 'b'], rows: [['#1', '2']] }],
    [
      'a comment in a file of one column',
      'a\n#x\n1',
      { rows: [['1']], notices: { commentLines: 1 } },
      { comment: 0x23 },
    ],
    [
      'a comment may be longer than a record',
      'a\n#' + 'x'.repeat(50) + '\n1',
      { rows: [['1']], notices: { commentLines: 1 } },
      { comment: 0x23, maxRecordBytes: 5 },
    ],
    ['a bare CR in a comment', 'a\n#x\ry\n1', { rows: [['1']], notices: { commentLines: 1 } }, { comment: 0x23 }],
    ['skipped lines', '"x\n\na,b\n1,2', { rows: [['1', '2']], notices: { skippedLines: 2 } }, { skipLines: 2 }],
    ['more to skip than there is', 'x\ny', { rows: [], notices: { skippedLines: 2 } }, { skipLines: 5 }],
    ['invalid UTF-8 in a comment', '#\xff\na\n1', { rows: [['1']], notices: { commentLines: 1 } }, { comment: 0x23 }],
  ])
})

describe('the start of a file', () => {
  run([
    ['an empty file', '', { columns: [], rows: [] }],
    ['only a byte order mark', '\xef\xbb\xbf', { columns: [], rows: [] }],
    ['a byte order mark', '\xef\xbb\xbfa,b\n1,2', { columns: ['a', 'b'], rows: [['1', '2']] }],
    ['a byte order mark before a quote', '\xef\xbb\xbf"a",b\n1,2', { columns: ['a', 'b'], rows: [['1', '2']] }],
    ['only one mark is removed', '\xef\xbb\xbf\xef\xbb\xbfa\n1', { columns: ['\ufeffa'], rows: [['1']] }],
    ['half a mark is not UTF-8', '\xef\xbb', { error: 'MALFORMED_HEADER' }],
    ['UTF-16 LE', '\xff\xfea\0', { error: 'UNSUPPORTED_ENCODING' }],
    ['UTF-16 BE', '\xfe\xff\0a', { error: 'UNSUPPORTED_ENCODING' }],
    ['one byte of a mark of UTF-16', '\xff', { error: 'MALFORMED_HEADER' }],
  ])
})

describe('headers', () => {
  run([
    ['a header only', 'a,b', { columns: ['a', 'b'], rows: [] }],
    ['a header only, with its line end', 'a,b\r\n', { columns: ['a', 'b'], rows: [] }],
    ['quoted names', '"a,1","b ""2""","c\n3"\n1,2,3', { columns: ['a,1', 'b "2"', 'c\n3'], rows: [['1', '2', '3']] }],
    ['names in UTF-8', '\xc3\xa9\n1', { columns: ['é'], rows: [['1']] }],
    [
      'a name equal to the text of null',
      'NULL,b\nNULL,2',
      { columns: ['NULL', 'b'], rows: [[null, '2']] },
      { nullText: 'NULL' },
    ],
    [
      'names that are properties of objects',
      '__proto__,constructor\n1,2',
      { columns: ['__proto__', 'constructor'], rows: [['1', '2']] },
    ],
    [
      'empty names',
      'a,,""\n1,2,3',
      { columns: ['a', 'column1', 'column2'], rows: [['1', '2', '3']], notices: { renamedColumns: 2 } },
    ],
    [
      'an empty name whose place is taken',
      'column1,\n1,2',
      { columns: ['column1', 'column1_2'], rows: [['1', '2']], notices: { renamedColumns: 1 } },
    ],
    ['duplicate names', 'a,b,a\n1,2,3', { error: 'DUPLICATE_COLUMN' }],
    [
      'duplicate names that are renamed',
      'a,a,b,a\n1,2,3,4',
      { columns: ['a', 'a_2', 'b', 'a_3'], rows: [['1', '2', '3', '4']], notices: { renamedColumns: 2 } },
      { duplicateColumns: 'rename' },
    ],
    [
      'renamed around a later name',
      'a,a,a_2\n1,2,3',
      { columns: ['a', 'a_3', 'a_2'], rows: [['1', '2', '3']], notices: { renamedColumns: 1 } },
      { duplicateColumns: 'rename' },
    ],
    ['text after a closing quote', '"a"x,b\n1,2', { error: 'MALFORMED_HEADER' }],
    ['a bare CR in a header that ends in CRLF is a line end', 'a\rb\r\n', { columns: ['a'], rows: [['b']] }],
    ['a bare CR after a comment in LF', '#\na\r,b\n', { error: 'MALFORMED_HEADER' }, { comment: 0x23 }],
    [
      'a quote in an unquoted name',
      'a"b\n1',
      { columns: ['a"b'], rows: [['1']], notices: { quotesInUnquotedFields: 1 } },
    ],
    ['a quote in an unquoted name under rfc', 'a"b\n1', { error: 'MALFORMED_HEADER' }, { quotes: 'rfc' }],
    ['invalid UTF-8', 'a\xff\n1', { error: 'MALFORMED_HEADER' }],
    ['too large', 'abcdef\n1', { error: 'MALFORMED_HEADER' }, { maxRecordBytes: 5 }],
    ['too large, and no end to it', 'a,"bcdef', { error: 'MALFORMED_HEADER' }, { maxRecordBytes: 5 }],
    ['an open quote', 'a,"b\n1,2', { error: 'UNTERMINATED_QUOTE' }],
    [
      'an open quote where records may have them',
      'a,"b\n1,2',
      { error: 'MALFORMED_HEADER' },
      { unterminatedQuote: 'reject' },
    ],
    [
      'no header',
      '1,2\n3,4',
      {
        columns: ['column0', 'column1'],
        rows: [
          ['1', '2'],
          ['3', '4'],
        ],
      },
      noHeader,
    ],
    [
      'no header: the first accepted record counts',
      '"1"x\n\xff,1,1\n1,2\n3',
      {
        columns: ['column0', 'column1'],
        rows: [['1', '2']],
        rejects: ['TEXT_AFTER_CLOSING_QUOTE "1"x', 'INVALID_UTF8 \xff,1,1', 'FIELD_COUNT 3'],
      },
      noHeader,
    ],
  ])
})

describe('rejects', () => {
  run([
    ['too few fields', ab + '1\n1,2\n', { rows: [['1', '2']], rejects: ['FIELD_COUNT 1'] }],
    ['too many fields', ab + '1,2,3\n1,2\n', { rows: [['1', '2']], rejects: ['FIELD_COUNT 1,2,3'] }],
    [
      'padded, which is counted',
      ab + '1\n1,2,3\n',
      { rows: [['1', '']], rejects: ['FIELD_COUNT 1,2,3'], notices: { paddedRecords: 1 } },
      { ragged: 'pad' },
    ],
    [
      'truncated, which is counted',
      ab + '1\n1,2,3\n4,5',
      {
        rows: [
          ['1', '2'],
          ['4', '5'],
        ],
        rejects: ['FIELD_COUNT 1'],
        notices: { truncatedRecords: 1 },
      },
      { ragged: 'truncate' },
    ],
    [
      'text after a closing quote',
      ab + '"1"x,2\n3,4\n',
      { rows: [['3', '4']], rejects: ['TEXT_AFTER_CLOSING_QUOTE "1"x,2'] },
    ],
    [
      'a blank after a closing quote',
      ab + '"1" ,2\r\n3,4\n',
      { rows: [['3', '4']], rejects: ['TEXT_AFTER_CLOSING_QUOTE "1" ,2'] },
    ],
    [
      'the record then ends with the line, whatever quotes follow',
      ab + '"1"x,"2\n3,4\n',
      { rows: [['3', '4']], rejects: ['TEXT_AFTER_CLOSING_QUOTE "1"x,"2'] },
    ],
    [
      'but quoted line ends before it are inside',
      ab + '"1\n"x,2\n3,4\n',
      { rows: [['3', '4']], rejects: ['TEXT_AFTER_CLOSING_QUOTE "1\n"x,2'] },
    ],
    [
      'a bare CR does not end it',
      ab + '"1"x\r,2\n3,4\n',
      { rows: [['3', '4']], rejects: ['TEXT_AFTER_CLOSING_QUOTE "1"x\r,2'] },
    ],
    ['in a file of CR it does', 'a,b\r"1"x\r3,4', { rows: [['3', '4']], rejects: ['TEXT_AFTER_CLOSING_QUOTE "1"x'] }],
    ['at the end of the file', ab + '"1"x', { rejects: ['TEXT_AFTER_CLOSING_QUOTE "1"x'] }],
    [
      'a quote in an unquoted field under rfc',
      ab + 'x"y,"2\n"\n3,4\n',
      { rows: [['3', '4']], rejects: ['QUOTE_IN_UNQUOTED_FIELD x"y,"2\n"'] },
      { quotes: 'rfc' },
    ],
    [
      'invalid UTF-8',
      ab + '1,\xff\n3,\xc3\xa9\n\xed\xa0\x80,1\n',
      { rows: [['3', '\xc3\xa9']], rejects: ['INVALID_UTF8 1,\xff', 'INVALID_UTF8 \xed\xa0\x80,1'] },
    ],
    [
      'a character cut off by the end of the file',
      ab + '3,4\n1,\xc3',
      { rows: [['3', '4']], rejects: ['INVALID_UTF8 1,\xc3'] },
    ],
    [
      'a character cut off by a line end',
      ab + '1,\xe2\x82\n3,4',
      { rows: [['3', '4']], rejects: ['INVALID_UTF8 1,\xe2\x82'] },
    ],
    ['the field count comes before the encoding', ab + '\xff\n', { rejects: ['FIELD_COUNT \xff'] }],
    ['the structure comes before the field count', ab + '1\r\r\n', { rejects: ['BARE_CR 1\r'] }],
    [
      'the first fault of a record counts',
      ab + 'x"\ry,2\n',
      { rejects: ['QUOTE_IN_UNQUOTED_FIELD x"\ry,2'] },
      { quotes: 'rfc' },
    ],
    ['an open quote fails the file', ab + '1,"2\n3,4\n', { error: 'UNTERMINATED_QUOTE' }],
    [
      'or is a reject',
      ab + '3,4\n1,"2\n3,4\n',
      { rows: [['3', '4']], rejects: ['UNTERMINATED_QUOTE 1,"2\n3,4\n'] },
      { unterminatedQuote: 'reject' },
    ],
    [
      'an open quote beats other faults',
      ab + '1\r,"2',
      { rejects: ['UNTERMINATED_QUOTE 1\r,"2'] },
      { unterminatedQuote: 'reject' },
    ],
    [
      'an open quote beats the size',
      'a\n"23456789',
      { rejects: ['UNTERMINATED_QUOTE null'] },
      { unterminatedQuote: 'reject', maxRecordBytes: 5 },
    ],
    ['a quote closed by the last byte', ab + '1,"2"', { rows: [['1', '2']] }],
    ['an escaped quote as last byte', ab + '1,"2""', { error: 'UNTERMINATED_QUOTE' }],
  ])
})

it('pads more records than one batch has cells for', () => {
  const columns = Array.from({ length: 100 }, (_, column) => `c${column}`)
  const { rows, places, rejects } = parseCsv(`${columns.join()}\n${'1\n'.repeat(1500)}`, { ragged: 'pad' })
  expect(rejects).toEqual([])
  expect(rows).toEqual(Array.from({ length: 1500 }, () => ['1', ...Array.from({ length: 99 }, () => '')]))
  expect(places.at(-1)).toEqual([1500, 1501, 390 + 2 * 1499, '1'])
})

describe('records that are too large', () => {
  const small: SourceOptions = { maxRecordBytes: 5 }
  run([
    ['as large as may be', 'a\n12345\n"123"\r\n12345', { rows: [['12345'], ['123'], ['12345']] }, small],
    [
      'as large as may be, in a memory without a byte to spare',
      `a\r\n${'x'.repeat(63)}\r\n1`,
      { rows: [['x'.repeat(63)], ['1']] },
      { maxRecordBytes: 63 },
    ],
    ['one byte more', 'a\n123456\n1\n', { rows: [['1']], rejects: ['RECORD_TOO_LARGE null'] }, small],
    ['one byte more with CRLF', 'a\n123456\r\n1\r\n', { rows: [['1']], rejects: ['RECORD_TOO_LARGE null'] }, small],
    [
      'one byte more, which is a bare CR',
      'a\n12345\rx\n1',
      { rows: [['1']], rejects: ['RECORD_TOO_LARGE null'] },
      small,
    ],
    ['at the end of the file', 'a\n1\n123456', { rows: [['1']], rejects: ['RECORD_TOO_LARGE null'] }, small],
    [
      'quoted line ends stay inside',
      'a\n"1\n\r\n""\r,\n6"\n7',
      { rows: [['7']], rejects: ['RECORD_TOO_LARGE null'] },
      small,
    ],
    ['with fields', 'a\n1,"2",x"3\n7', { rows: [['7']], rejects: ['RECORD_TOO_LARGE null'] }, small],
    ['text after a closing quote', 'a\n"2"x,"3\n7', { rows: [['7']], rejects: ['RECORD_TOO_LARGE null'] }, small],
    [
      'a quote behind a bare CR at the start of a field',
      'a\n\r"34567\n8',
      { rows: [['8']], rejects: ['RECORD_TOO_LARGE null'] },
      small,
    ],
    ['in a file of CR', 'a\r"2\r\n3"\r7', { rows: [['7']], rejects: ['RECORD_TOO_LARGE null'] }, small],
    [
      'with another escape',
      'a\n"2\\"\\\\\n\\x"\n7',
      { rows: [['7']], rejects: ['RECORD_TOO_LARGE null'] },
      { ...small, escape: 0x5c },
    ],
    [
      'with blanks around quotes',
      'a\n  "2\n"  \n7',
      { rows: [['7']], rejects: ['RECORD_TOO_LARGE null'] },
      { ...small, trimAroundQuotes: true },
    ],
  ])
})

describe('dialects', () => {
  run([
    ['another delimiter', 'a;b\n1,5;"2;3"', { columns: ['a', 'b'], rows: [['1,5', '2;3']] }, { delimiter: 0x3b }],
    ['another quote', "a,b\n'1,''2',\"3", { rows: [["1,'2", '"3']] }, { quote: 0x27, escape: 0x27 }],
    ['no quote', 'a,b\n"1,2"\n', { rows: [['"1', '2"']] }, { quote: -1, escape: -1 }],
    [
      'no quote, with a delimiter and a bare CR',
      'a,b\n"1,2\r"\n',
      { rejects: ['BARE_CR "1,2\r"'] },
      { quote: -1, escape: -1 },
    ],
    ['a backslash before a quote', ab + '"1\\"2",3', { rows: [['1"2', '3']] }, backslash],
    ['a backslash before itself', ab + '"1\\\\",3', { rows: [['1\\', '3']] }, backslash],
    ['a backslash before anything else', ab + '"\\n\\,",3', { rows: [['\\n\\,', '3']] }, backslash],
    [
      'a backslash in an unquoted field',
      ab + '\\"1\\\\,3',
      { rows: [['\\"1\\\\', '3']], notices: { quotesInUnquotedFields: 1 } },
      backslash,
    ],
    [
      'doubled quotes under a backslash',
      ab + '"1""2",3\n4,5',
      { rows: [['4', '5']], rejects: ['TEXT_AFTER_CLOSING_QUOTE "1""2",3'] },
      backslash,
    ],
    ['a backslash as last byte', ab + '1,"2\\', { error: 'UNTERMINATED_QUOTE' }, backslash],
    ['no escape at all', ab + '"1""2",3\n', { rejects: ['TEXT_AFTER_CLOSING_QUOTE "1""2",3'] }, { escape: -1 }],
    [
      'the text of null',
      'a,b,c\nNULL,"NULL",xNULL\nNUL,NULLS,null',
      {
        rows: [
          [null, 'NULL', 'xNULL'],
          ['NUL', 'NULLS', 'null'],
        ],
      },
      { nullText: 'NULL' },
    ],
    ['the empty text of null', 'a,b\n,""', { rows: [[null, '']] }, { nullText: '' }],
    [
      'a blank line of one column is null where the empty text is',
      'a\n\n""\n',
      { rows: [[null], ['']] },
      { nullText: '' },
    ],
    [
      'padding is text, never null',
      ab + '\n1\n',
      { rows: [['1', '']], notices: { blankLines: 1, paddedRecords: 1 } },
      { nullText: '', ragged: 'pad' },
    ],
    [
      'blanks around quotes',
      ab + ' "1,2" ,\t"3"\t\n"4" , "5"',
      {
        rows: [
          ['1,2', '3'],
          ['4', '5'],
        ],
      },
      { trimAroundQuotes: true },
    ],
    ['blanks elsewhere stay', ab + ' 1 , 2\n', { rows: [[' 1 ', ' 2']] }, { trimAroundQuotes: true }],
    [
      'text after blanks after a quote',
      ab + '"1" x,2\n',
      { rejects: ['TEXT_AFTER_CLOSING_QUOTE "1" x,2'] },
      { trimAroundQuotes: true },
    ],
    [
      'a blank that is the delimiter',
      'a b\n"1"  "2"\n3 "4"',
      { rows: [['3', '4']], rejects: ['FIELD_COUNT "1"  "2"'] },
      { trimAroundQuotes: true, delimiter: 0x20 },
    ],
  ])

  it('reads tsv with a tab, whatever the delimiter of csv is', () => {
    const { rows } = parseCsv('a\tb\n1,2\t"3\t4"\n', { delimiter: 0x3b }, { format: 'tsv' })
    expect(rows).toEqual([['1,2', '3\t4']])
  })
})

describe('positions', () => {
  it('counts records from 1 and lines with the header, and gives the raw bytes without the line end', () => {
    const source = '\xef\xbb\xbfa,b\r\n1,2\r\n\r\n"x\r\ny",3\r\nbad\r\n5,6'
    const { places, rejects, recordCount } = parseCsv(source)
    expect(places).toEqual([
      [1, 2, 8, '1,2'],
      [2, 4, 15, '"x\r\ny",3'],
      [4, 7, 30, '5,6'],
    ])
    expect(rejects).toEqual([
      {
        code: 'FIELD_COUNT',
        message: '1 field where the header has 2; --ragged pad fills up with empty fields',
        record: 3,
        line: 6,
        byteStart: 25,
        byteEnd: 28,
        raw: 'bad',
      },
    ])
    expect(recordCount).toBe(4)
  })

  it('counts the first record as 1 where there is no header', () => {
    expect(parseCsv('#\n1\n', { hasHeader: false, comment: 0x23 }).places).toEqual([[1, 2, 2, '1']])
  })

  it.each([
    ['LF', 'a\n"\n\r\n\r"\n1', 5],
    ['CRLF', 'a\r\n"\n\r\n\r"\r\n1', 5],
    ['CR', 'a\r"\n\r\n\r"\r1', 6],
  ])('counts the line ends inside quotes as a file of %s has them', (_, source, line) => {
    expect(parseCsv(source).places[1]![1]).toBe(line)
  })

  it('says where the record and the quote are that are open at the end of the file', () => {
    const { error } = parseCsv('a,b\n1,2\n"3\n","\n')
    expect(error).toEqual({
      code: 'UNTERMINATED_QUOTE',
      message: 'the quote at byte 13 (line 4) is still open at the end of the file',
      position: { file: 'in.csv', record: 2, line: 3, byte: 8 },
    })
  })

  it('says so of a record that is too large to hold, too', () => {
    const source = 'a\n"2\n3\n4","\n'
    const { error } = parseCsv(source, { maxRecordBytes: 4 }, { chunkBytes: 1 })
    expect(error).toEqual({
      code: 'UNTERMINATED_QUOTE',
      message: 'the quote at byte 10 (line 4) is still open at the end of the file',
      position: { file: 'in.csv', record: 1, line: 2, byte: 2 },
    })
    expect(parseCsv(source, { maxRecordBytes: 4 }).error).toEqual(error)
  })

  it('goes on counting lines behind a record that was too large to hold', () => {
    const { places, rejects } = parseCsv('a\n"1\n2\n3\n4"\n5\n', { maxRecordBytes: 4 }, { chunkBytes: 2 })
    expect(rejects).toMatchObject([{ record: 1, line: 2, byteStart: 2, byteEnd: 11 }])
    expect(places).toEqual([[2, 6, 12, '5']])
  })
})

import * as fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { formatNames } from '../../../src/formats/registry.ts'
import type { FormatName } from '../../../src/model/format-name.ts'
import type { MigrateOptions } from '../../../src/options/options.ts'
import { SplitBoard } from '../../../src/convert/split/split-board.ts'
import { convertBytes, type Conversion } from '../../support/convert-bytes.ts'
import { FUZZ_TIMEOUT_MS, fuzzRuns } from '../../support/fuzz-runs.ts'

vi.setConfig({ testTimeout: FUZZ_TIMEOUT_MS })

/*
 * A split file must become what the same file becomes in one piece: target, rejects, counts, notices, hashes, errors. Here one
 * thread does all blocks. `guesses` makes it treat every block as one whose turn has not come, as most blocks of a helper are. The
 * suite takes each size of blocks in one of the four ways, so that every cut is made, and which that is differs from source to source; `npm run test:random` takes each size in all of them.
 */
const WAYS = [
  { engine: 'reference', guesses: false },
  { engine: 'reference', guesses: true },
  { engine: 'kernel', guesses: false },
  { engine: 'kernel', guesses: true },
] as const

afterEach(() => vi.restoreAllMocks())

async function outcomeOf(conversion: Conversion): Promise<object> {
  const { target, rejects, result } = await convertBytes(conversion)
  const { stageNs: _stageNs, startNs: _startNs, durationNs: _durationNs, ...rest } = result
  return { target: target?.toString('latin1'), rejects, ...rest }
}

const isWhole = fuzzRuns(100) >= 100

/** @param sizesOf the sizes of blocks to try in a way, by its number. */
async function expectSameInBlocks(
  conversion: Conversion,
  blockSizes: readonly number[],
  sizesOf = (way: number): readonly number[] =>
    isWhole ? blockSizes : blockSizes.filter((_, at) => (at + conversion.bytes.length) % WAYS.length === way),
): Promise<void> {
  for (const [way, { engine, guesses }] of WAYS.entries()) {
    const work = { ...conversion, options: { ...conversion.options, engine } }
    const whole = await outcomeOf(work)
    vi.restoreAllMocks()
    if (guesses) vi.spyOn(SplitBoard.prototype, 'isTurnOf').mockReturnValue(false)
    for (const blockBytes of sizesOf(way)) {
      const split = await outcomeOf({ ...work, blockBytes })
      expect(split, `blocks of ${blockBytes} bytes, ${JSON.stringify({ engine, guesses })}`).toEqual(whole)
    }
  }
}

/** Blocks of every size up to the whole cut a file at every byte. */
const everySize = (bytes: string): number[] =>
  Array.from({ length: Buffer.byteLength(bytes) + 1 }, (_, index) => index + 1)

type Case = [title: string, bytes: string, options?: Partial<MigrateOptions>]

const TABLES: readonly Case[] = [
  ['plain', 'a,b\n1,2\n3,4\n5,6\n7,8\n'],
  ['no line end at the end', 'a,b\n1,2\n3,4'],
  ['a header alone', 'a,b\n'],
  ['a header without a line end', 'a,b'],
  ['CR LF', 'a,b\r\n1,2\r\n"3\r\n",4\r\n\r\n5,6\r\n'],
  ['CR alone', 'a,b\r1,2\r"3\r",4\r'],
  ['a CR in a file with LF', 'a,b\n1,2\r3\n4,5\n\r\n6,7\n'],
  ['quotes with everything in them', 'a,b\n"1\n,""2""\n",x\n"\n\n",""\n3,"4,\n5"\n6,7\n'],
  ['quoted text that looks like a table', 'a,b\n"1,2\n3,4\n5,6\n7,8\n9,0\n",x\n1,2\n"\n1,2\n1,2\n","1,2\n"\n'],
  ['a quote that is literal', 'a,b\n1,5" pipe\n2,"x\ny"\n3,5" pipe\n4,"z"\n5," 6\n'],
  ['text after a closing quote', 'a,b\n"1"x,2\n"3""x"y"\n4,5\n"6\n"7,\n8,9\n'],
  ['another escape', 'a,b\n"1\\"\n",2\n"\\\\","\\\n"\n3,4\n', { escape: '\\' }],
  ['blanks around quotes', 'a,b\n "1\n" , 2\n3, "4 \n" \n5,6\n', { trimAroundQuotes: true }],
  ['no quotes at all', 'a,b\n"1,2\n3",4\n"\n5,6\n', { quote: 'none' }],
  ['strict quotes', 'a,b\n1,5" pipe\n2,"x\ny"\n3,4\n', { quotes: 'rfc' }],
  ['comments with quotes in them', '#"\na,b\n#"x\n1,2\n#\n"3\n#4",5\n#""" \n6,7\n', { comment: '#' }],
  ['skipped lines with quotes in them', '"\nx\n"y\na,b\n1,2\n"3\n",4\n', { skip: 3 }],
  ['blank lines', '\n\na,b\n\n1,2\n\n\n"\n\n",4\n\n'],
  ['one column', 'a\n1\n\n"\n"\n\n3\n'],
  ['no header', '1,2\n3\n"4\n",5\n6,7,8\n', { header: false }],
  ['no header and a first record that is rejected', '"1"x\n"2"x\n3,4\n5\n6,7\n', { header: false }],
  ['ragged rows, rejected', 'a,b\n1\n2,3,4\n5,6\n7\n\n8,9,10\n'],
  ['ragged rows, padded', 'a,b\n1\n2,3,4\n5,6\n7\n', { ragged: 'pad' }],
  ['ragged rows, cut', 'a,b\n1\n2,3,4\n5,6\n7\n', { ragged: 'truncate' }],
  ['a mark', '\ufeffa,b\n1,2\n\ufeff3,4\n'],
  ['a mark in front of the first value', 'a,b\n1\n2\n\ufeff3,4\n\ufeff5,6\n', { outHeader: false }],
  ['no record that stays', 'a,b\n1\n2\n3\n'],
  ['names that are renamed', 'a,,a\n1,2,3\n4,5,6\n', { duplicateColumns: 'rename' }],
  ['names twice', 'a,a\n1,2\n3,4\n'],
  ['columns selected and renamed', 'a,b,c\n1,2,3\n4,"5\n",6\n', { select: 'x=c,a' }],
  ['a column that is not there', 'a,b\n1,2\n3,4\n', { select: 'x' }],
  ['text that is null', 'a,b\nNULL,2\n3,NULL\n"NULL",5\n', { nullstr: 'NULL' }],
  ['an open quote', 'a,b\n1,2\n3,"4\n5,6\n7,8\n'],
  ['an open quote, rejected', 'a,b\n1,2\n3,"4\n5,6\n7,8\n', { unterminatedQuote: 'reject' }],
  [
    'records that are too large',
    'a,b\n1,2\n33333333333333333333333,4\n5,"66666\n666\n6666666666"\n7,8\n',
    { maxRecordSize: 12 },
  ],
  ['a record that is too large and open', 'a,b\n1,2\n3,"4444444444444444444\n4\n', { maxRecordSize: 12 }],
  ['a header that is too large', 'aaaaaaaaaaaaaaaaaa,b\n1,2\n', { maxRecordSize: 12 }],
  ['a record longer than many blocks', `a,b\n1,"${'x\n'.repeat(40)}"\n3,4\n${'"\n",5\n'.repeat(3)}`],
  ['values that a target without quotes cannot hold', 'a,b\n"1,1",2\n3,4\n"5\n5",6\n7,8\n', { outQuote: 'none' }],
  ['names that a target without quotes cannot hold', '"a,a",b\n1,2\n3,4\n', { outQuote: 'none' }],
  ['more rejects than allowed', 'a,b\n1\n2\n3,4\n5\n6,7\n8\n', { maxRejects: '2' }],
  ['more rejects than allowed, and an open quote behind them', 'a,b\n1\n2\n3\n4,5\n6,7\n"8,9\n', { maxRejects: '2' }],
  ['an open quote behind as many rejects as allowed', 'a,b\n1\n2\n4,5\n6,7\n"8,9\n', { maxRejects: '2' }],
  ['as many rejects as allowed', 'a,b\n1\n2\n3,4\n6,7\n8\n', { maxRejects: '3' }],
  ['a larger share of rejects than allowed', 'a,b\n1\n2\n3,4\n6,7\n8\n', { maxRejects: '50%' }],
  ['CR LF in the target', 'a,b\n1,2\n"3\n",4\n', { outCrlf: true }],
  ['a hash of the source', 'a,b\n1,2\n"3\n",4\n5\n6,7\n', { checksum: true }],
  ['characters of several bytes', 'ä,😀\n"é\n",😀😀\n\u00e9,"\n😀"\nü,ö\n'],
]

const LINES: readonly Case[] = [
  ['plain', '{"a":1}\n{"a":2}\n{"a":3}\n'],
  ['no line end at the end', '{"a":1}\n{"a":2}'],
  ['CR LF and blanks', ' {"a":1}\r\n\r\n  \n\t{"a":2} \r\n\n   '],
  ['names that come and go', '{"a":1}\n{"b":2,"a":3}\n{"c":4}\n{"b":5}\n{}\n'],
  ['one shape', '{"a":1,"b":"x"}\n{"a":2,"b":"y\\n"}\n{"a":3,"b":null}\n{"a":4,"b":[1, 2]}\n'],
  ['lines that are rejected', '{"a":1}\n{"a":\n[1]\n{"a":2}\n{"a":1,"a":2}\n{"a":3}}\n{"a":4}\n'],
  [
    'lines that are too long',
    `{"a":1}\n{"a":"${'x'.repeat(40)}"}\n{"a":2}\n   ${' '.repeat(50)}\n{"a":3}\n`,
    { maxRecordSize: 20 },
  ],
  ['a mark', '\ufeff{"a":1}\n{"a":2}\n'],
  ['nothing but blank lines', '\n \n\n'],
  ['no line that stays', '1\n2\n3\n'],
  ['nested values as columns', '{"a":{"b":1,"c":2}}\n{"a":{"b":3}}\n{"a":{"c":4,"d":5}}\n', { nested: 'flatten' }],
  ['columns selected', '{"a":1,"b":2}\n{"b":3}\n{"c":4}\n', { select: 'b,x=a' }],
  ['a hash of the source', '{"a":1}\n1\n{"a":2}\n', { checksum: true }],
]

/** What a target's format has to do with it, some sizes show: a few of its records, and one at a time. */
const SOME_SIZES = [1, 2, 5, 11, 23]

describe.each(formatNames())('split at every byte, to %s', (to) => {
  const sizesFor = (bytes: string): number[] => (to === 'ndjson' ? everySize(bytes) : SOME_SIZES)

  it.each<Case>(TABLES)('csv: %s', async (_, bytes, options = {}) => {
    await expectSameInBlocks({ bytes, from: 'csv', to, options }, sizesFor(bytes))
  })

  it.each<Case>(LINES)('ndjson: %s', async (_, bytes, options = {}) => {
    await expectSameInBlocks({ bytes, from: 'ndjson', to, options }, sizesFor(bytes))
  })
})

it('tsv is split too', async () => {
  const bytes = 'a\tb\n"1\t\n"\t2\n3\t4" \n"5"\t6\n'
  await expectSameInBlocks({ bytes, from: 'tsv', to: 'tsv' }, everySize(bytes))
})

it('bytes that are not UTF-8 are rejected with the same record', async () => {
  const bytes = Buffer.from('a,b\n1,2\n\xff,3\n4,\xc3\n"\xa9\n",5\n6,7\n', 'latin1')
  await expectSameInBlocks(
    { bytes, from: 'csv', to: 'ndjson' },
    Array.from(bytes.keys(), (index) => index + 1),
  )
})

describe('random sources', () => {
  const SIGNS = [
    '"',
    '""',
    ',',
    '\n',
    '\r\n',
    '\r',
    ' ',
    '#',
    '\\',
    'x',
    '1',
    'é',
    '1,2\n',
    '"a\n",b\n',
    '5" pipe,',
    '{"a":1}\n',
  ]
  const bytesOf = fc.array(fc.constantFrom(...SIGNS), { maxLength: 30 }).map((pieces) => `a,b\n${pieces.join('')}`)
  const options: fc.Arbitrary<Partial<MigrateOptions>> = fc.record(
    {
      escape: fc.constantFrom('\\', '"'),
      comment: fc.constant('#'),
      header: fc.boolean(),
      skip: fc.nat(2),
      quotes: fc.constantFrom('lenient', 'rfc'),
      trimAroundQuotes: fc.boolean(),
      ragged: fc.constantFrom('reject', 'pad', 'truncate'),
      unterminatedQuote: fc.constantFrom('fail', 'reject'),
      maxRecordSize: fc.constantFrom(5, 20, 4096),
      chunkSize: fc.constantFrom(1, 7, 4096),
      checksum: fc.boolean(),
      outHeader: fc.boolean(),
    },
    { requiredKeys: [] },
  )
  const from = fc.constantFrom<FormatName>('csv', 'tsv', 'ndjson')

  it('become the same in blocks of any size', async () => {
    await fc.assert(
      fc.asyncProperty(
        bytesOf,
        from,
        fc.constantFrom(...formatNames()),
        options,
        fc.integer({ min: 1, max: 40 }),
        (bytes, from, to, options, size) => expectSameInBlocks({ bytes, from, to, options }, [size], () => [size]),
      ),
      { numRuns: fuzzRuns(300) },
    )
  })
})

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CELL_ESCAPED_STRING, CELL_ESCAPED_TEXT, CELL_NULL } from '../../src/batch/cell.ts'
import type { Format } from '../../src/formats/format.ts'
import { csv } from '../../src/formats/csv/csv.ts'
import { tsv } from '../../src/formats/tsv/tsv.ts'
import type { DelimitedTarget } from '../../src/formats/csv/csv-settings.ts'
import { createPlan } from '../formats/csv/csv-driver.ts'
import { anyTable, hasSimd, outputSizes, textTable, writeTables, type Cell, type Table } from './encode-driver.ts'
import { fuzzRuns } from '../support/fuzz-runs.ts'

type Target = Partial<DelimitedTarget>

interface Lines {
  readonly text: string
  readonly rejects: readonly string[]
}

function write(
  engine: 'reference' | 'kernel',
  format: Format,
  target: Target,
  tables: readonly Table[],
  outputBytes?: number,
): Lines {
  const { bytes, rejects } = writeTables(engine, format, createPlan({}, target), tables, outputBytes)
  return { text: bytes.toString(), rejects }
}

/** What both engines write. */
function writeBoth(format: Format, target: Target, tables: readonly Table[]): Lines {
  const lines = write('reference', format, target, tables)
  expect(write('kernel', format, target, tables)).toEqual(lines)
  return lines
}

const targets: fc.Arbitrary<Target> = fc.record({
  delimiter: fc.constantFrom(0x2c, 0x3b, 0x20, 0x61),
  quote: fc.constantFrom(0x22, 0x22, 0x27, -1),
  hasHeader: fc.boolean(),
  lineEnd: fc.constantFrom('lf', 'crlf'),
  nullText: fc.constantFrom(null, '', 'NA', 'x'.repeat(40), 'n"a', 'z'.repeat(3000)),
})

/** A field that has no blank behind it. */
const quoted = (text: string): string => (/[",\r\n]|^[ \t]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

describe.runIf(hasSimd)('the kernel that encodes delimited text', () => {
  it.each([
    ['csv', csv],
    ['tsv', tsv],
  ])('writes any rows as the reference writes them, whatever room the output has: %s', (_, format) => {
    fc.assert(
      fc.property(
        fc.array(anyTable, { minLength: 1, maxLength: 3 }),
        outputSizes,
        targets,
        (tables, outputBytes, anyTarget) => {
          // Names that no header can hold without quotes fail the file, on every engine.
          const target = anyTarget.quote === -1 ? { ...anyTarget, hasHeader: false } : anyTarget
          const expected = write('reference', format, target, tables, outputBytes)
          expect(write('kernel', format, target, tables, outputBytes)).toEqual(expected)
        },
      ),
      { numRuns: fuzzRuns(600) },
    )
  })

  const cells: [title: string, written: string, cell: Parameters<typeof textTable>[0][0][0], target?: Target][] = [
    ['plain text', 'x y', 'x y'],
    ['a delimiter', '"x,y"', 'x,y'],
    ['a quote', '"x""y"', 'x"y'],
    ['a carriage return', '"x\ry"', 'x\ry'],
    ['a line feed', '"x\ny"', 'x\ny'],
    ['a blank before', '" x"', ' x'],
    ['a blank behind', '"x\t"', 'x\t'],
    ['a mark', '\ufeffx', '\ufeffx'],
    ['the text of null', '"NA"', 'NA', { nullText: 'NA' }],
    ['null', 'NA', { kind: CELL_NULL, bytes: Buffer.from('?') }, { nullText: 'NA' }],
    ['null as nothing', '', { kind: CELL_NULL, bytes: Buffer.from('?') }],
    ['doubled quotes', '"say ""hi"""', { kind: CELL_ESCAPED_TEXT, bytes: Buffer.from('say ""hi""') }],
    ['JSON escapes', '"\n""€😀"', { kind: CELL_ESCAPED_STRING, bytes: Buffer.from('\\n\\"\\u20AC\\ud83d\\ude00') }],
  ]
  it.each(cells)('writes %s as %j', (_, written, cell, target = {}) => {
    const { text } = writeBoth(csv, target, [
      textTable([
        ['first', 'row'],
        ['1', cell],
        [cell, '2'],
      ]),
    ])
    expect(text).toBe(`a,b\nfirst,row\n1,${written}\n${written},2\n`)
  })

  it.each([
    ['nothing', ''],
    ['null', { kind: CELL_NULL, bytes: Buffer.from('') }],
  ] as const)('keeps a line of one column from being blank: %s', (_, cell) => {
    const { text } = writeBoth(csv, {}, [textTable([['first'], [cell], ['x']])])
    expect(text).toBe('a\nfirst\n""\nx\n')
  })

  it.each([
    ['nothing', ''],
    ['null', { kind: CELL_NULL, bytes: Buffer.from('') }],
  ] as const)('rejects a blank line of one column where there are no quotes: %s', (_, cell) => {
    const { text, rejects } = writeBoth(csv, { quote: -1 }, [textTable([['first'], [cell], ['x']])])
    expect(text).toBe('a\nfirst\nx\n')
    expect(rejects).toEqual(['UNREPRESENTABLE 2 a'])
  })

  it('looks for a mark in the first line that is written, even when it is not the first row', () => {
    const rows = [['x,y'], ['\ufeffx'], ['\ufeffy'], ['z'], ['\ufeffz']]
    const { text, rejects } = writeBoth(csv, { quote: -1, hasHeader: false }, [textTable(rows)])
    expect(text).toBe('z\n\ufeffz\n')
    expect(rejects).toEqual(['UNREPRESENTABLE 1 a', 'UNREPRESENTABLE 2 a', 'UNREPRESENTABLE 3 a'])
  })

  it('decodes escapes of every length of UTF-8', () => {
    const characters = Array.from('\u0001\u007f\u0080\u07ff\u0800\u08ff\uffff\u{10000}\u{10ffff}')
    const cells = characters.map((character): [Cell] => {
      const units = Array.from({ length: character.length }, (_, unit) => character.charCodeAt(unit))
      const escapes = units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
      return [{ kind: CELL_ESCAPED_STRING, bytes: Buffer.from(escapes) }]
    })
    const { text } = writeBoth(csv, {}, [textTable([['first'], ...cells])])
    expect(text).toBe(['a', 'first', ...characters, ''].join('\n'))
  })

  it('finds what asks for quotes at every place of a block', () => {
    const rows = ['"', ',', '\r', '\n', ' ', '\t'].flatMap((special) =>
      Array.from({ length: 50 }, (_, place) => ['-'.repeat(place) + special + '--', 'x']),
    )
    const { text } = writeBoth(csv, { hasHeader: false }, [textTable([['first', 'row'], ...rows])])
    expect(text).toBe(['first,row', ...rows.map(([a]) => `${quoted(a!)},x`)].join('\n') + '\n')
  })

  it('meets the end of the output at every byte of a row', () => {
    const table = textTable([
      ['x', 'some text that is longer than a block'],
      ['"quoted"', ' '],
      ['', ''],
    ])
    const expected = write('reference', csv, {}, [table, table])
    for (let outputBytes = 1; outputBytes < 400; outputBytes++) {
      expect(write('kernel', csv, {}, [table, table], outputBytes)).toEqual(expected)
    }
  })

  it('leaves rows to the reference that a target without quotes cannot hold, and goes on behind them', () => {
    const { text, rejects } = writeBoth(csv, { quote: -1, nullText: 'NA' }, [
      textTable([
        ['first', 'row'],
        ['1', 'x,y'],
        ['2', ' blank '],
        ['3', 'NA'],
        ['4', 'x"y'],
      ]),
    ])
    expect(text).toBe('a,b\nfirst,row\n2, blank \n4,x"y\n')
    expect(rejects).toEqual(['UNREPRESENTABLE 2 b', 'UNREPRESENTABLE 4 b'])
  })

  it('has room for a column that is selected many times', () => {
    const one = textTable([['x'], ['"'.repeat(30_000)], ['y']])
    const keys = Array.from({ length: 30 }, (_, index) => ({ ...one.shapes[0]!.keys[0]!, name: `a${index}` }))
    const { text } = writeBoth(csv, { hasHeader: false }, [
      { ...one, views: [{ keys, cells: new Int32Array(keys.length) }] },
    ])
    const line = (field: string): string => Array.from(keys, () => field).join(',') + '\n'
    // No wish to see two megabytes of quotes where they differ.
    expect(text === line('x') + line(`"${'"'.repeat(60_000)}"`) + line('y')).toBe(true)
  })
})

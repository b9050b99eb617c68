import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { json } from '../../src/formats/json/json.ts'
import { ndjson } from '../../src/formats/ndjson/ndjson.ts'
import { createBatchMemory } from '../../src/batch/batch-memory.ts'
import { RecordBatch } from '../../src/batch/record-batch.ts'
import { loadKernels } from '../../src/kernels/load-kernels.ts'
import { createPlan, readAtAllChunkSizes, readSource } from '../formats/json/read-source.ts'
import type { PlanChanges } from '../formats/json/read-source.ts'
import { fuzzRuns } from '../support/fuzz-runs.ts'

// Every call of readSource reads with the reference and with the kernel, and throws where anything differs.

/** Teaches the kernel the shapes of the cases below. */
const LESSON = '{"a":1}\n{"a":1,"b":2}\n{}\n{"long name, over sixteen bytes":1,"é":2}\n'

/** Lines that the kernel takes after the lesson. */
const REGULAR = [
  '{}',
  ' { } ',
  '{"a":1}',
  '{"a":1}\r',
  '\t {\t"a"\r : 1 ,"b" :2 } \r',
  '{"a":"","b":"x"}',
  `{"a":"${'x'.repeat(15)}","b":"${'y'.repeat(16)}"}`,
  `{"a":"${'x'.repeat(17)}é€😀\u007f","b":"${'y'.repeat(100)}"}`,
  '{"a":"\\n","b":"\\"\\\\\\/\\b\\f\\r\\t"}',
  `{"a":"${'x'.repeat(14)}\\u00e9${'y'.repeat(20)}\\uABCDz"}`,
  '{"a":"\\ud83d\\ude00","b":"\\uDBFF\\uDFFF"}',
  '{"a":0,"b":-0}',
  '{"a":1.10,"b":1e400}',
  '{"a":0.5E+07,"b":-12.34e-56}',
  `{"a":${'1234567890'.repeat(4)},"b":0.${'0'.repeat(40)}1}`,
  '{"a":true,"b":false}',
  '{"a":null}',
  '{"a":[],"b":{}}',
  '{"a":[ ],"b":{ }}',
  '{"a":[1,{"b":"]"}],"b":[[[]]]}',
  '{"a":{"b" :1},"b":{"c": [true , null]}}',
  '{"a":{"b":{"b":{"b":[{"b":1},{"b":2}]}},"c":"\\u0041"}}',
  '{"a":{"":1,"x":2,"long name, over eight":3,"long name, over eighty":4}}',
  `{"a":{${Array.from({ length: 40 }, (_, index) => `"${index}":${index}`).join()}}}`,
  '{"long name, over sixteen bytes":"x","é":[]}',
]

/** Lines that are the reference's, whether it takes them or not. */
const ODD = [
  '',
  ' \t\r',
  '{"b":1}',
  '{"b":1,"a":2}',
  '{"a":1,"b":2,"c":3}',
  '{"a":1,"a":2}',
  '{"a":1,"\\u0061":2}',
  '{"long name, over sixteen bytez":"x","é":[]}',
  '{"a":{"x":1,"x":2}}',
  '{"a":{"x":1,"y":{"x":1},"x":2}}',
  '{"a":[{"x":1,"\\u0078":2}]}',
  `{"a":{${Array.from({ length: 300 }, (_, index) => `"${index}":${index}`).join()}}}`,
  `{"a":${'['.repeat(70)}${']'.repeat(70)}}`,
  '{"a":"\\ud800"}',
  '{"a":"\\udc00"}',
  '{"a":"\\ud800\\u0041"}',
  '{"a":"\\ud800x\\udc00"}',
  '{"a":"\\x41"}',
  '{"a":"\\u12g4"}',
  '{"a":"\\u12"}',
  '{"a":"\\',
  '{"a":"\\"}',
  '{"a":"\t"}',
  '{"a":"\u0000"}',
  '{"a":"xxxxxxxxxxxxxxxxxxxxx\u001f"}',
  '{"a":"x',
  '{"a":"x}',
  '{"a":01}',
  '{"a":-}',
  '{"a":-01}',
  '{"a":1.}',
  '{"a":.5}',
  '{"a":1e}',
  '{"a":1e+}',
  '{"a":+1}',
  '{"a":1.2.3}',
  '{"a":0x1}',
  '{"a":tru}',
  '{"a":nul}',
  '{"a":falsy}',
  '{"a":True}',
  '{"a":}',
  '{"a"}',
  '{"a"',
  '{"a":1',
  '{"a":1,',
  '{"a":1,}',
  '{,"a":1}',
  '{"a" 1}',
  '{"a"::1}',
  '{"a":1}}',
  '{"a":1} x',
  '{"a":1},',
  '{"a":1 "b":2}',
  '{"a":[1,]}',
  '{"a":[1 2]}',
  '{"a":[1}}',
  '{"a":{"b":1]}',
  '{"a":{"b"}}',
  '{"a":{"b":1,}}',
  '{"a":{1:2}}',
  '{"a":[}',
  '{"a":[[[',
  '{"a":\u00a01}',
  '{"a":1}\f',
  '[{"a":1}]',
  '5',
  '}',
]

const CHUNK_SIZES = Array.from({ length: 64 }, (_, index) => index + 1)

function linesOf(rows: readonly string[]): number[] {
  return rows.map((row) => Number(row.split(/[: ]/)[1]))
}

describe('the JSON kernel', () => {
  it.each(REGULAR)('takes %j', (line) => {
    const read = readAtAllChunkSizes(ndjson, `${LESSON}${line}\n${line}\n`, {}, CHUNK_SIZES)
    expect(read.rejects).toEqual([])
    expect(read.kernelRowCount).toBe(2)
  })

  it.each(ODD)('leaves %j to the reference and goes on behind it', (line) => {
    const read = readAtAllChunkSizes(ndjson, `${LESSON}{"a":1}\n${line}\n{"a":1}\n`, {}, CHUNK_SIZES)
    expect(read.kernelRowCount).toBe(2)
    expect(linesOf(read.rows)).toContain(7)
  })

  it('takes what the nesting limit allows, and no more', () => {
    const source = `{"a":1}\n{"a":[]}\n{"a":[[]]}\n{"a":[[[]]]}\n`
    const counts = [1, 2, 3, 4].map((maxNesting) => {
      const { rows, kernelRowCount } = readSource(ndjson, source, { maxNesting })
      return [rows.length, kernelRowCount]
    })
    expect(counts).toEqual([
      [1, 0],
      [2, 1],
      [3, 2],
      [4, 3],
    ])
  })

  it('measures a line as the reference does, white space behind the record included', () => {
    const lines = ['{"a":1}', '{"a":12}', '   {"a":12}', '{"a":12} ', '{"a":12}\r', '{"a":123}'].join('\n')
    const read = readAtAllChunkSizes(ndjson, `${lines}\n`, { maxRecordBytes: 8 })
    expect(linesOf(read.rows)).toEqual([1, 2, 3, 5])
    expect(read.kernelRowCount).toBe(2)
  })

  it('measures an element without the white space behind it', () => {
    const read = readSource(json, '[{"a":1},{"a":12}  ,{"a":12} , {"a":123},{"a":1}]', { maxRecordBytes: 8 })
    expect([read.rows.length, read.rejects, read.kernelRowCount]).toEqual([4, ['RECORD_TOO_LARGE 4:1 31-40'], 2])
  })

  it('leaves a chunk that is not all UTF-8 to the reference', () => {
    const read = readSource(ndjson, Buffer.from('{"a":"x"}\n{"a":"\xff"}\n{"a":"y"}\n', 'latin1'))
    expect([read.rows.length, read.kernelRowCount]).toEqual([2, 0])
  })

  it('keeps up with shapes that alternate', () => {
    const source = '{"a":1,"b":2}\n{"b":1,"a":2}\n{"a":1,"c":2}\n{}\n{"a":1}\n'.repeat(500)
    expect(readSource(ndjson, source).kernelRowCount).toBe(2495)
  })

  it('gives up asking where names never repeat, and finds back when they do', () => {
    const strange = Array.from({ length: 3000 }, (_, index) => `{"key${index}":1}\n`).join('')
    const read = readSource(ndjson, strange + '{"a":1}\n'.repeat(20_000), {}, 100_000)
    expect(read.rows).toHaveLength(23_000)
    expect(read.kernelRowCount).toBeGreaterThan(12_000)
  })

  it('empties its table of shapes when that is full', () => {
    const shapes = Array.from({ length: 15 * 15 }, (_, index) => {
      const names = Array.from(
        { length: 60 },
        (_name, place) => `"${'n'.repeat(30)} ${index % 15} ${index} ${place}":1`,
      )
      return `{"${index % 15}":1,${names.join()}}\n`
    })
    const source = shapes.map((line) => line.repeat(3)).join('')
    expect(readSource(ndjson, source.repeat(2)).kernelRowCount).toBe(2 * 2 * 225)
  })

  it('takes lines that are longer than many chunks', () => {
    const source = `{"a":"${'x'.repeat(5000)}"}\n`.repeat(500)
    expect(readSource(ndjson, source, {}, 512).kernelRowCount).toBe(499)
  })

  it('knows in one file the shapes of another file of the plan', () => {
    const plan = createPlan({}, 100)
    const memory = createBatchMemory(plan.maxRecordBytes, 100)
    const batch = new RecordBatch(memory, loadKernels(memory))
    const shapes = ['{"a":1}\n', '{"b":1}\n{"a":1}\n', '{"a":1}\n{"b":1}\n'].map((source) => {
      memory.bytes.set(Buffer.from(source), memory.inputStart)
      batch.clear()
      batch.sourceOffset = -memory.inputStart
      const end = memory.inputStart + source.length
      expect(ndjson.createReader(plan, 'f').parse(batch, memory.inputStart, end, true)).toBe(end)
      return Array.from({ length: batch.rowCount }, (_, row) => batch.shapes[batch.rowShape[row]!]!.keys[0]!.name)
    })
    expect(shapes).toEqual([['a'], ['b', 'a'], ['a', 'b']])
  })

  it('leaves a shape that is larger than the table to the reference', () => {
    const wide = `{${Array.from({ length: 9000 }, (_, index) => `"${index}":1`).join()}}\n`
    const read = readSource(ndjson, `{"a":1}\n${wide}{"a":1}\n${wide}{"a":1}\n`, { maxRecordBytes: 200_000 })
    expect([read.rows.length, read.kernelRowCount]).toEqual([5, 2])
  })

  it('fills batch after batch', () => {
    const read = readSource(ndjson, '{"a":1}\n'.repeat(70_000), {}, 600_000)
    expect([read.rows.length, read.kernelRowCount]).toEqual([70_000, 69_999])
    expect(read.rows.at(-1)).toMatch(/^70000:70000 /)
  })

  it('drops no member of a record where the last of duplicate keys is asked for', () => {
    const source = '{"a":1,"b":2,"a":3}\n{"b":2,"a":3}\n{"a":{"x":1,"x":2},"b":1}\n'.repeat(3)
    const read = readSource(ndjson, source, { duplicateKeys: 'last' })
    expect(read.rejects).toEqual([])
    expect(read.target).toBe('{"b":2,"a":3}\n{"b":2,"a":3}\n{"a":{"x":2},"b":1}\n'.repeat(3))
  })

  it('stays out of records that are flattened', () => {
    const read = readSource(ndjson, '{"a":{"b":1}}\n'.repeat(3), { targetFormat: 'csv', nested: 'flatten' })
    expect([read.rows.length, read.kernelRowCount]).toEqual([3, 0])
  })

  it.each(['[\n{"a":1},\n{"a":2},\n{"a":3},\n{"a":4}\n]\n', '[{"a":1},{"a":2} , {"a":3},\r\n\n {"a":4}]'])(
    'takes elements of an array: %j',
    (source) => {
      const read = readAtAllChunkSizes(json, source, {}, CHUNK_SIZES)
      expect(read.rows).toHaveLength(4)
      expect(read.kernelRowCount).toBe(2)
    },
  )

  it.each(ODD)('leaves the element %j to the reference', (line) => {
    for (const separator of [',', ',\n', '\n,']) {
      const source = `[${['{"a":1}', '{"a":1}', line, '{"a":1}', '{"a":1}'].join(separator)}]`
      expect(readAtAllChunkSizes(json, source).recordCount).toBeGreaterThan(1)
    }
  })
})

const text = fc.string({ unit: fc.constantFrom('a', 'é', '€', '😀', ' ', '\\n', '\\"', '\\u00e9', '\\ud83d\\ude00') })
const { value } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    text.map((one) => `"${one}"`),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    fc.constantFrom('true', 'false', 'null', '-0', '1e5', '1.50E-3', '[]', '{}', '{ }'),
    fc.array(tie('value'), { maxLength: 3 }).map((values) => `[${values.join()}]`),
    fc
      .array(fc.tuple(fc.constantFrom('x', 'y', 'name', '\\u0078', 'é'), tie('value')), { maxLength: 3 })
      .map((members) => `{${members.map(([name, one]) => `"${name}":${one}`).join(', ')}}`),
  ),
}))

const NAMES = [['a'], ['a', 'b'], ['b', 'a'], ['a', 'long name, over sixteen bytes', 'c'], ['\\u0061', 'é'], []]
const space = fc.constantFrom('', '', '', ' ', '\t ', '\r')
const record = fc
  .tuple(fc.constantFrom(...NAMES), fc.array(value, { minLength: 3, maxLength: 3 }), space, space)
  .map(([names, values, before, behind]) => {
    const members = names.map((name, index) => `"${name}"${before}:${behind}${values[index]}`)
    return `${before}{${members.join(`${before},${behind}`)}${before}}${behind}`
  })

/** One byte flipped, left out, or put in. */
const mutated = fc
  .tuple(
    record,
    fc.nat(),
    fc.constantFrom('flip', 'delete', 'insert'),
    fc.nat(7),
    fc.constantFrom(...Array.from('{}[]",:\\ \n\t0e-.x')),
  )
  .map(([line, at, change, bit, byte]) => {
    const bytes = Array.from(Buffer.from(line))
    const place = at % bytes.length
    if (change === 'flip') bytes[place]! ^= 1 << bit
    else bytes.splice(place, change === 'delete' ? 1 : 0, ...(change === 'insert' ? Buffer.from(byte) : []))
    return Buffer.from(bytes)
  })

const lesson = `${NAMES.map((names) => `{${names.map((name) => `"${name}":1`).join()}}`).join('\n')}\n`
const lines = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: record.map((line) => Buffer.from(line)) },
    { weight: 1, arbitrary: mutated },
    { weight: 1, arbitrary: fc.constantFrom(...ODD).map((line) => Buffer.from(line)) },
  ),
  { minLength: 1, maxLength: 20 },
)
const plans: readonly PlanChanges[] = [{}, { maxNesting: 3 }, { maxRecordBytes: 40 }, { duplicateKeys: 'last' }]

describe('the JSON kernel sees what the reference sees', () => {
  it.each(plans)('in lines that are regular, odd and damaged, as %j', (changes) => {
    let kernelRowCount = 0
    fc.assert(
      fc.property(lines, fc.integer({ min: 1, max: 300 }), (parts, chunkBytes) => {
        const source = Buffer.concat([Buffer.from(lesson), ...parts.flatMap((part) => [part, Buffer.from('\n')])])
        readSource(ndjson, source, changes, chunkBytes)
        kernelRowCount += readSource(ndjson, source, changes).kernelRowCount
      }),
      { numRuns: fuzzRuns(300) },
    )
    expect(kernelRowCount).toBeGreaterThan(fuzzRuns(100))
  })

  it('in one damaged line behind the lesson', () => {
    fc.assert(
      fc.property(mutated, (line) => {
        const read = readSource(ndjson, Buffer.concat([Buffer.from(lesson), line, Buffer.from('\n{"a":1}\n')]))
        expect(read.rows.length).toBeGreaterThan(NAMES.length)
      }),
      { numRuns: fuzzRuns(3000) },
    )
  })

  it('in arrays of elements that are regular, odd and damaged', () => {
    fc.assert(
      fc.property(lines, fc.constantFrom(',', ',\n', ' , '), fc.integer({ min: 1, max: 300 }), (parts, comma, size) => {
        const first = lesson.trimEnd().replaceAll('\n', comma)
        const elements = parts.flatMap((part) => [Buffer.from(comma), part])
        const source = Buffer.concat([Buffer.from(`[${first}`), ...elements, Buffer.from(']')])
        const [cut, whole] = [readSource(json, source, {}, size), readSource(json, source)]
        expect(cut.failure).toBe(whole.failure)
      }),
      { numRuns: fuzzRuns(300) },
    )
  })

  it('with every byte of a line replaced by each one that matters', () => {
    const line = '{"a":"x\\u00e9","b":[-1.5e3,{"x":true,"y":null}]}'
    for (let place = 0; place < line.length; place++) {
      for (const byte of Array.from('{}[]",:\\/ \n\t\r0e-.+ux\u0000')) {
        const damaged = `${line.slice(0, place)}${byte}${line.slice(place + 1)}`
        const read = readSource(ndjson, `{"a":1,"b":2}\n${damaged}\n{"a":1,"b":2}\n`)
        expect(read.kernelRowCount).toBeGreaterThan(0)
      }
    }
  })
})

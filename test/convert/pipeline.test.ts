import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createBatchMemory } from '../../src/batch/batch-memory.ts'
import { OutputBuffer } from '../../src/batch/output-buffer.ts'
import { RecordBatch } from '../../src/batch/record-batch.ts'
import { resolveOptions } from '../../src/control/plan/make-plan.ts'
import { Pipeline } from '../../src/convert/pipeline.ts'
import { createStages } from '../../src/convert/record-stages.ts'
import { getFormat } from '../../src/formats/registry.ts'
import { buildDataPlan } from '../../src/plan/build-data-plan.ts'
import { SourceReader } from '../../src/read/source-reader.ts'
import { atOnce } from '../../src/storage/answer.ts'
import { localSources } from '../../src/storage/local/local-sources.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { noStageTimes } from '../../src/model/no-stage-times.ts'

const RECORDS = ['a,1', 'b,2', '"c\nc",3', 'd,4', 'e,5']
const CSV = `name,n\n${RECORDS.join('\n')}\n`

/** A pipeline from csv to ndjson, and what has come out of it so far. */
function pipelineOver(
  csv: string,
  { keepsRow = (record: number): boolean => record > 0, batches = Number.POSITIVE_INFINITY } = {},
) {
  const sourcePath = join(temporaryFolder(), 'a.csv')
  writeFileSync(sourcePath, csv)
  const { size, mtimeNs } = statSync(sourcePath, { bigint: true })
  const plan = buildDataPlan(resolveOptions({ in: '.', out: '.', chunkSize: 4096, maxRecordSize: 65_536 }), 'ndjson')
  const batch = new RecordBatch(createBatchMemory(plan.maxRecordBytes, plan.chunkBytes))
  const file = { sourcePath, sizeBytes: Number(size), mtimeNs }
  const options = { chunkBytes: 4096, encoding: 'utf-8', checksum: null }
  const source = atOnce(SourceReader.open(localSources, file, batch.memory, options))
  const reader = getFormat('csv').createSplittableReader!(plan, 'a.csv')
  const { writer, map } = createStages(plan, 'csv', 'a.csv')
  let text = ''
  const output = new OutputBuffer(batch.memory, (bytes, start, end) => {
    text += Buffer.from(bytes.subarray(start, end)).toString()
  })
  let taken = 0
  const mapAndDrop = (): void => {
    map(batch)
    for (let row = 0; row < batch.rowCount; row++)
      if (!keepsRow(batch.rowRecord[row]! + batch.recordBase)) batch.dropRow(row)
  }
  const parts = { plan, batch, stageNs: noStageTimes(), source, reader, map: mapAndDrop }
  const pipeline = new Pipeline(parts, {
    take: () => {
      writer.learnColumns(batch)
      writer.write(batch, output)
      output.flush()
      return ++taken < batches
    },
  })
  return { pipeline, source, names: () => [...text.matchAll(/"name":"(.)/g)].map(([, name]) => name).join('') }
}

it('converts to the end of the source', () => {
  const { pipeline, source, names } = pipelineOver(CSV)
  atOnce(pipeline.step())
  source.close()
  expect(names()).toBe('abcde')
  expect(pipeline.position).toBe(CSV.length)
  expect(pipeline.filteredCount).toBe(0)
})

it('leaves out the rows that the mapping drops, and counts them', () => {
  const { pipeline, source, names } = pipelineOver(CSV, { keepsRow: (record) => record % 2 === 1 })
  atOnce(pipeline.step())
  source.close()
  expect(names()).toBe('ace')
  expect(pipeline.filteredCount).toBe(2)
})

it('ends in the middle of what is read, at any limit, and goes on from there', () => {
  for (let limit = 1; limit <= CSV.length; limit++) {
    const { pipeline, source, names } = pipelineOver(CSV)
    atOnce(pipeline.step(limit))
    const starts = RECORDS.map((record) => CSV.indexOf(record))
    expect(names(), `limit ${limit}`).toBe('abcde'.slice(0, starts.filter((start) => start < limit).length))
    expect(pipeline.position, `limit ${limit}`).toBe([...starts, CSV.length].find((start) => start >= limit))
    atOnce(pipeline.step())
    source.close()
    expect(names(), `limit ${limit}`).toBe('abcde')
  }
})

it('ends behind the batch that its owner has enough with, though more is read', () => {
  const rows = 100_000
  const csv = `n\n${'1\n'.repeat(rows)}`
  const { pipeline, source } = pipelineOver(csv, { batches: 1 })
  atOnce(pipeline.step())
  source.close()
  expect(pipeline.position).toBeLessThan(csv.length)
})

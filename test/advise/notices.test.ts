// Covers: Notices of a conversion: records that --ragged changed.
import { expect, it } from 'vitest'
import { convertBytes } from '../support/convert-bytes.ts'

const bytes = `a,b\n${'1\n1,2\n1,2,3\n'.repeat(40)}`

it.each([
  ['pad', { paddedRecords: 40, truncatedRecords: 0 }],
  ['truncate', { paddedRecords: 0, truncatedRecords: 40 }],
  ['reject', { paddedRecords: 0, truncatedRecords: 0 }],
] as const)('counts records that --ragged %s changes, whole and in blocks', async (ragged, notices) => {
  const options = { ragged, chunkSize: 64 }
  for (const blockBytes of [undefined, 64, 128]) {
    const { result } = await convertBytes({
      bytes,
      from: 'csv',
      to: 'ndjson',
      options,
      ...(blockBytes === undefined ? {} : { blockBytes }),
    })
    expect(result.isConverted && result.notices).toMatchObject(notices)
  }
})

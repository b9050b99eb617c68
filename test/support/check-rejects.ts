import assert from 'node:assert/strict'
import type { RejectLine } from './converter.ts'

/** Checks that the rejects lie in the source one behind the other, and hold its bytes. */
export function checkRejects(source: Buffer, rejects: readonly RejectLine[]): void {
  let behind = 0
  let record = 0
  let line = 1
  for (const reject of rejects) {
    const at = JSON.stringify(reject)
    assert(reject.byteStart >= behind, `overlaps the one before: ${at}`)
    assert(reject.byteEnd >= reject.byteStart, `ends before it starts: ${at}`)
    assert(reject.byteEnd <= source.length, `ends behind the source: ${at}`)
    assert(reject.record > record, `its record is not behind the one before: ${at}`)
    assert(reject.line >= line, `its line is before the one before: ${at}`)
    behind = reject.byteEnd
    record = reject.record
    line = reject.line
    assert.equal(keptText(reject), expectedText(source, reject), `its bytes: ${at}`)
  }
}

function keptText({ raw, rawBase64 }: RejectLine): string | undefined {
  return rawBase64 === undefined ? raw : Buffer.from(rawBase64, 'base64').toString('latin1')
}

function expectedText(source: Buffer, reject: RejectLine): string | undefined {
  const { code, byteStart, byteEnd, rawBase64 } = reject
  const isTooLarge = code === 'RECORD_TOO_LARGE' || (code === 'UNTERMINATED_QUOTE' && keptText(reject) === undefined)
  if (isTooLarge) return undefined
  return source.subarray(byteStart, byteEnd).toString(rawBase64 === undefined ? 'utf8' : 'latin1')
}

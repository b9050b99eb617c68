import type { NoticeCounts } from '../../model/task-result.ts'
import { countOf } from './format-quantity.ts'

/** What was read leniently or passed over, a line each; what lost values comes first. */
export function describeNotices(notices: NoticeCounts): string[] {
  const found: readonly (readonly [count: number, noun: string, rest: string])[] = [
    [
      notices.truncatedRecords,
      'record',
      'with more fields than the header: what was too much is in no target (--ragged truncate)',
    ],
    [notices.paddedRecords, 'record', 'filled up with empty fields (--ragged pad)'],
    [notices.quotesInUnquotedFields, 'quote', 'inside unquoted fields taken as text (--quotes rfc rejects them)'],
    [notices.renamedColumns, 'column', 'renamed'],
    [notices.blankLines, 'blank line', 'passed over'],
  ]
  return found.filter(([count]) => count > 0).map(([count, noun, rest]) => `${countOf(count, noun)} ${rest}`)
}

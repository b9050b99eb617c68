import { printableName } from '../../errors/printable-name.ts'
import type { MigrateEvent } from '../../model/events.ts'
import { countOf, formatBytes, formatDuration } from './format-quantity.ts'

/** The line that `-vv` prints for a file that is finished; null for other events. */
export function describeFileEvent(event: MigrateEvent): string | null {
  if (event.type === 'file-failed') return `failed ${printableName(event.file)}: ${event.error.code}`
  if (event.type !== 'file-done') return null
  const { records } = event
  const rejected = records.rejected === 0 ? '' : `, ${countOf(records.rejected, 'reject')}`
  const size = `${formatBytes(event.sizeBytes)} to ${formatBytes(event.targetBytes)}`
  return `done ${printableName(event.file)}: ${size}, ${countOf(records.written, 'record')}${rejected}, ${formatDuration(event.durationMs)}`
}

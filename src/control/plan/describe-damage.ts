import type { Damage } from '../../commit/journal/damage.ts'
import { printableName } from '../../errors/printable-name.ts'

/** Which files are damaged, and from where, on one line. */
export function describeDamage(damage: readonly Damage[]): string {
  const [first] = damage
  if (first === undefined) return 'nothing is damaged'
  const more = damage.length > 1 ? `, and ${damage.length - 1} more` : ''
  return `${printableName(first.path)} ${describeOne(first)}${more}`
}

function describeOne({ offsetBytes, lineCount }: Damage): string {
  if (lineCount === 0) return `has lost lines, from byte ${offsetBytes} on`
  return `is damaged from byte ${offsetBytes} on (${lineCount === 1 ? '1 line' : `${lineCount} lines`})`
}

/** What a run says of damaged journals and manifests, and what follows from it. @param doubtfulFiles that seem done. */
export function warnOfDamage(damage: readonly Damage[], doubtfulFiles: number) {
  const files = doubtfulFiles === 1 ? '1 file that seems' : `${doubtfulFiles} files that seem`
  const follows =
    doubtfulFiles === 0
      ? 'what it said is not believed, and what nothing else proves is made again'
      : `${files} done may have been made anew by a run that cannot be read: their targets are compared with what was proved before`
  return { code: 'BOOKKEEPING_DAMAGED', message: `${describeDamage(damage)}: ${follows}` }
}

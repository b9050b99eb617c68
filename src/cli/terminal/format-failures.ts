import type { WireError } from '../../errors/migration-error.ts'
import { printableMessage, printableName } from '../../errors/printable-name.ts'
import type { Paint } from '../host.ts'

/**
 * Every failed file: where, what, and what to try next. All of them, since each is one that the user must see to; files that failed
 * for one and the same reason (a full disk, a journal that cannot be written) share its lines.
 */
export function formatFailures(failures: readonly WireError[], paint: Paint): string[] {
  const groups = new Map<string, WireError[]>()
  for (const error of failures) {
    const reason = JSON.stringify([error.code, error.message, error.hint])
    const group = groups.get(reason)
    if (group) group.push(error)
    else groups.set(reason, [error])
  }
  return [...groups.values()].flatMap((errors) => {
    const [error] = errors
    if (error === undefined) return []
    const places = errors.map(({ position }) => describePosition(position)).filter((place) => place !== '')
    const place = places.length === 0 ? '' : `${places.join('; ')}: `
    const first = `${paint('red', 'failed')} ${place}${error.code}: ${printableMessage(error.message)}`
    return error.hint === undefined ? [first] : [first, `       ${printableMessage(error.hint)}`]
  })
}

function describePosition({ file, record, line, byte }: WireError['position']): string {
  const parts = [
    ...(line === undefined ? [] : [`line ${line}`]),
    ...(record === undefined ? [] : [`record ${record}`]),
    ...(byte === undefined ? [] : [`byte ${byte}`]),
  ]
  const name = file === undefined ? '' : printableName(file)
  return [name, parts.join(', ')].filter((part) => part !== '').join(' ')
}

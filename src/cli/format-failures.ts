import type { WireError } from '../errors/migration-error.ts'
import { printableName } from '../errors/printable-name.ts'
import type { Paint } from './host.ts'

/** Every failed file: where, what, and what to try next. All of them, since each is one that the user must see to. */
export function formatFailures(failures: readonly WireError[], paint: Paint): string[] {
  return failures.flatMap((error) => {
    const place = describePosition(error.position)
    const first = `${paint('red', 'failed')} ${place}${error.code}: ${printableName(error.message)}`
    return error.hint === undefined ? [first] : [first, `       ${printableName(error.hint)}`]
  })
}

function describePosition({ file, record, line, byte }: WireError['position']): string {
  const parts = [
    ...(line === undefined ? [] : [`line ${line}`]),
    ...(record === undefined ? [] : [`record ${record}`]),
    ...(byte === undefined ? [] : [`byte ${byte}`]),
  ]
  const name = file === undefined ? '' : printableName(file)
  const place = [name, parts.join(', ')].filter((part) => part !== '').join(' ')
  return place === '' ? '' : `${place}: `
}

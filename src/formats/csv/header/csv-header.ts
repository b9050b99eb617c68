// From the fields of a header to the columns of a table: every column gets a name, and no two the same.
import { createKey } from '../../../batch/shape.ts'
import type { Shape } from '../../../batch/shape.ts'

/** A header that breaks the rules: which name, and the numbers of its columns, counted from 1. */
export interface DuplicateColumn {
  readonly name: string
  readonly first: number
  readonly second: number
}

/** The first name that a header has twice; null: there is none. Empty names do not count: they will be renamed. */
export function findDuplicateColumn(names: readonly string[]): DuplicateColumn | null {
  const seen = new Map<string, number>()
  for (const [index, name] of names.entries()) {
    const first = seen.get(name)
    if (first !== undefined) return { name, first: first + 1, second: index + 1 }
    if (name !== '') seen.set(name, index)
  }
  return null
}

/**
 * Gives an empty name its place (`column3`, counted from 0) and a repeated one a number (`a`, `a_2`), never a name that
 * another column of the header has.
 * @returns the names to use, and how many of them are new.
 */
export function nameColumns(header: readonly string[]): {
  readonly names: readonly string[]
  readonly renamedCount: number
} {
  const reserved = new Set(header)
  const used = new Set<string>()
  const numbers = new Map<string, number>()
  let renamedCount = 0
  const names = header.map((name, index) => {
    let chosen = name
    if (name === '' || used.has(name)) {
      renamedCount++
      const base = name === '' ? `column${index}` : name
      let number = numbers.get(base) ?? 1
      chosen = base
      while (reserved.has(chosen) || used.has(chosen)) chosen = `${base}_${++number}`
      numbers.set(base, number)
    }
    used.add(chosen)
    return chosen
  })
  return { names, renamedCount }
}

/** The shape of a table whose columns have these names. */
export function createTableShape(names: readonly string[]): Shape {
  return { keys: names.map((name) => createKey(name)) }
}

/** The shape of a table without a header: `column0`, `column1`, ... */
export function createNumberedShape(columnCount: number): Shape {
  return createTableShape(Array.from({ length: columnCount }, (_, index) => `column${index}`))
}

import { z } from 'zod'

/*
 * Long lists travel as columns: one list for each field instead of an object for each record. JSON has then no names to repeat, and a
 * column is checked by one loop: a schema for each value of each file cost a coordinator more than its journal.
 */

/** A list whose values are all valid. */
export function columnOf<Value>(isValid: (value: unknown) => value is Value): z.ZodType<Value[]> {
  return z.custom<Value[]>((values) => Array.isArray(values) && values.every(isValid))
}

/** Columns of the same length: a value of each for every record. */
export function columnsOf<Shape extends Record<string, z.ZodType<unknown[]>>>(shape: Shape) {
  return z.strictObject(shape).refine(
    (columns) => {
      const [first, ...others] = Object.values<unknown[]>(columns as Record<string, unknown[]>)
      return others.every(({ length }) => length === first?.length)
    },
    { error: 'the columns differ in length' },
  )
}

/** A whole number that is not negative. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

/** A number that is not negative, as times are. */
export function isAmount(value: unknown): value is number {
  return Number.isFinite(value) && (value as number) >= 0
}

/** Allows null in place of a value. */
export function orNull<Value>(isValid: (value: unknown) => value is Value): (value: unknown) => value is Value | null {
  return (value): value is Value | null => value === null || isValid(value)
}

// The converter as tests use it: with both engines, in a folder of their process.
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { expect, inject } from 'vitest'
import { Converter, wholeEssenceOf } from './converter.ts'
import type { Conversion, Converted } from './converter.ts'

export { essenceOf, planOf } from './converter.ts'
export type { Conversion, Converted } from './converter.ts'

const converter = new Converter(mkdtempSync(join(inject('scratch').inMemory, 'convert-')))

/**
 * Converts bytes as a worker thread converts a file: with the engine that is asked for, otherwise with the kernels and with the
 * reference, between which nothing may differ. A conversion that looks at its chunks is done once.
 * @throws Error as Converter.convert does.
 */
export async function convertBytes(conversion: Conversion): Promise<Converted> {
  const { options = {}, beforeChunk, shouldStop } = conversion
  const converted = await converter.convert(conversion)
  if (options.engine !== undefined || beforeChunk !== undefined || shouldStop !== undefined) return converted
  const reference = await converter.convert({ ...conversion, options: { ...options, engine: 'reference' } })
  expect(wholeEssenceOf(converted), 'with kernels').toEqual(wholeEssenceOf(reference))
  return converted
}

/** The text that a conversion makes; it must not fail, nor reject a record. */
export async function convertText(conversion: Conversion): Promise<string> {
  const { target, rejects, result } = await convertBytes(conversion)
  if (!result.isConverted) throw new Error(`${result.error.code}: ${result.error.message}`)
  if (rejects.length > 0) throw new Error(`rejects: ${JSON.stringify(rejects.slice(0, 3))}`)
  return target!.toString()
}

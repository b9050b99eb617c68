// The ways to convert a source between which nothing may differ. A new way (splits of a file, say) is one more entry of WAYS.
import { essenceOf, wholeEssenceOf } from '../support/converter.ts'
import type { Conversion, Converted, Converter } from '../support/converter.ts'

/** What is converted, and where it is cut. */
export interface Case extends Conversion {
  readonly bytes: Buffer
  readonly chunkSize: number
}

interface Way {
  readonly name: string
  /** Ways that cut a source in the same places must also fail in the same way. */
  readonly cut: string
  convert(converter: Converter, conversion: Case): Promise<Converted>
}

/** More than any source of the fuzzer has. */
const WHOLE_BYTES = 1024 * 1024

const WAYS: readonly Way[] = (['reference', 'kernel'] as const).flatMap((engine) => [
  { name: `${engine}, whole`, cut: 'whole', convert: convertWith(engine, () => WHOLE_BYTES) },
  { name: `${engine}, in chunks`, cut: 'chunks', convert: convertWith(engine, ({ chunkSize }) => chunkSize) },
])

function convertWith(engine: 'reference' | 'kernel', chunkSizeOf: (conversion: Case) => number): Way['convert'] {
  return (converter, conversion) => {
    const options = { ...conversion.options, engine, chunkSize: chunkSizeOf(conversion) }
    return converter.convert({ ...conversion, options })
  }
}

/**
 * Converts in all ways.
 * @returns the outcome that all of them have, with the failure of the first one.
 * @throws Error where one way differs from another.
 */
export async function convertInAllWays(converter: Converter, conversion: Case): Promise<Converted> {
  const seen = new Map<string, { readonly name: string; readonly converted: Converted }>()
  for (const way of WAYS) {
    const converted = await way.convert(converter, conversion)
    const [first] = seen.values()
    if (first !== undefined) compare(essenceOf, first, { name: way.name, converted })
    const alike = seen.get(way.cut)
    if (alike === undefined) seen.set(way.cut, { name: way.name, converted })
    else compare(wholeEssenceOf, alike, { name: way.name, converted })
  }
  return [...seen.values()][0]!.converted
}

function compare(
  essence: (converted: Converted) => unknown,
  ...outcomes: readonly [first: { name: string; converted: Converted }, second: { name: string; converted: Converted }]
): void {
  const [first, second] = outcomes.map(({ converted }) => JSON.stringify(essence(converted), null, 1))
  if (first === second) return
  throw new Error(outcomes.map(({ name }, index) => `--- ${name}:\n${[first, second][index]}`).join('\n'))
}

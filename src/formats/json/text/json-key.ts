import type { Key } from '../../../batch/shape.ts'

// Names of JSON members, from the text between and with their quotes. They travel as strings with one character a byte ("raw"),
// which hash and compare fast and turn back into the same bytes.

/** The name (with its quotes) in [start, end) as it is written, one character a byte. */
export function rawName(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1')
}

/** The name that a JSON string, one character a byte and with its quotes, stands for. */
export function decodeName(raw: string): string {
  if (/^[^\\\u0080-\u00ff]*$/.test(raw)) return raw.slice(1, -1)
  return JSON.parse(Buffer.from(raw, 'latin1').toString()) as string
}

/** Equal for all ways to write a name, and different for different names: the decoded name in UTF-8, one character a byte, in quotes. */
export function canonicalName(raw: string): string {
  return raw.includes('\\') ? `"${Buffer.from(decodeName(raw)).toString('latin1')}"` : raw
}

/** A name as the source wrote it. A record may have a million names, so the forms that not every writer needs are made late. */
export class JsonKey implements Key {
  readonly name: string
  readonly #raw: string
  #textBytes: Uint8Array | null = null
  #jsonBytes: Uint8Array | null = null

  constructor(raw: string) {
    this.name = decodeName(raw)
    this.#raw = raw
  }

  get text(): Uint8Array {
    return (this.#textBytes ??= Buffer.from(this.name))
  }

  get json(): Uint8Array {
    return (this.#jsonBytes ??= Buffer.from(this.#raw, 'latin1'))
  }
}

import type { OutputBuffer } from '../../../batch/output-buffer.ts'
import type { RecordBatch } from '../../../batch/record-batch.ts'
import type { View } from '../../../batch/shape.ts'
import { ENDING, ENDING_BYTES } from '../../../kernels/call-frame.ts'
import type { Kernels } from '../../../kernels/load-kernels.ts'
import { ViewTables, countMostUses, encodeRows } from '../../view-tables.ts'

/** Words before the entries of a view, and before the prefix of an entry: kernels/assembly/encode-json.ts draws them. */
const VIEW_HEADER_WORDS = 3
const ENTRY_HEADER_WORDS = 2
/** `null` needs as many bytes beyond its prefix, and a string's closing quote one. */
const LONGEST_FIXED_VALUE = 4

/** Encodes records through the kernel, as many as it takes, and leaves each odd one to RecordEncoder. */
export class FastRecords {
  readonly #tables: ViewTables
  readonly #ending: number
  readonly #endingBytes: number

  /**
   * @param opening what begins a record, its brace included
   * @param ending what follows its last value, in ASCII, at most 4 bytes
   */
  constructor(opening: string, ending: string) {
    this.#ending = Buffer.from(ending).reduce((word, byte, index) => word | (byte << (8 * index)), 0)
    this.#endingBytes = ending.length
    this.#tables = new ViewTables((view) => layOutOnce(view, opening))
  }

  /** Once for each batch, before `encode`. */
  prepare(batch: RecordBatch, kernels: Kernels): void {
    this.#tables.place(batch, kernels)
    kernels.frame[ENDING] = this.#ending
    kernels.frame[ENDING_BYTES] = this.#endingBytes
  }

  /** Encodes rows from `row` on. Returns the first one that it leaves to the reference, or the number of rows. */
  encode({ frame, encodeJsonRows }: Kernels, row: number, output: OutputBuffer): number {
    return encodeRows(frame, row, output, encodeJsonRows)
  }
}

/** The forms of views by opening. Views are shared by files with the same header, each of which has a writer of its own. */
const laidOut = new Map<string, WeakMap<View, Uint8Array | null>>()

function layOutOnce(view: View, opening: string): Uint8Array | null {
  let forms = laidOut.get(opening)
  if (forms === undefined) laidOut.set(opening, (forms = new WeakMap()))
  let form = forms.get(view)
  if (form === undefined) forms.set(view, (form = layOutView(view, opening)))
  return form
}

/** A record without columns has no prefix to open it. */
function layOutView({ keys, cells }: View, opening: string): Uint8Array | null {
  if (keys.length === 0) return null
  const prefixes = keys.map(({ json }, index) =>
    Buffer.concat([Buffer.from(index === 0 ? opening : ','), json, COLON_QUOTE]),
  )
  const wordCounts = prefixes.map(({ length }) => ENTRY_HEADER_WORDS + Math.ceil(length / 4))
  const words = new Uint32Array(wordCounts.reduce((sum, count) => sum + count, VIEW_HEADER_WORDS))
  const bytes = new Uint8Array(words.buffer)
  words[0] = bytes.length
  words[1] = countMostUses(cells)
  words[2] = prefixes.reduce((sum, { length }) => sum + length + LONGEST_FIXED_VALUE, LONGEST_FIXED_VALUE)
  let word = VIEW_HEADER_WORDS
  for (const [index, prefix] of prefixes.entries()) {
    words[word] = 8 * cells[index]!
    words[word + 1] = prefix.length
    bytes.set(prefix, 4 * (word + ENTRY_HEADER_WORDS))
    word += wordCounts[index]!
  }
  return bytes
}

const COLON_QUOTE = Buffer.from(':"')

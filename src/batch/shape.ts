/** A column's name in the forms that writers need, made once per name. */
export interface Key {
  readonly name: string
  /** The name in UTF-8, as it was written in a delimited source. */
  readonly text: Uint8Array
  /** The name as a JSON string with its quotes: byte for byte as the source wrote it, where the source is JSON. */
  readonly json: Uint8Array
}

/** The names of a record's cells in their order. Records with the same names in the same order share one shape. */
export interface Shape {
  readonly keys: readonly Key[]
}

/** What the mapping makes of a shape: which cells of a record are written, in which order, under which names. */
export interface View {
  /** For each written column the number of its cell in the record. */
  readonly cells: Int32Array
  readonly keys: readonly Key[]
}

const encoder = new TextEncoder()

/** A key for a name that does not come from JSON. */
export function createKey(name: string): Key {
  return { name, text: encoder.encode(name), json: encoder.encode(JSON.stringify(name)) }
}

/** The view that leaves a shape as it is. */
export function identityView(shape: Shape): View {
  return { cells: Int32Array.from(shape.keys.keys()), keys: shape.keys }
}

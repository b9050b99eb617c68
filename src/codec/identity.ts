import type { Codec } from './codec.ts'

/** Files that are their content. Nothing stands between: bytes are read to where they are parsed. */
export const identity: Codec = { decode: (file) => file }

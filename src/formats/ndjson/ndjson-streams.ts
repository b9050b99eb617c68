import ndjson from 'ndjson'
import type { FormatStreams } from '../format.ts'

/** NDJSON for the stream engine: the package of that name. */
export const ndjsonStreams: FormatStreams = {
  parse: () => [ndjson.parse({ strict: false })],
  encode: () => [ndjson.stringify()],
}

import { Transform } from 'node:stream'
import type { FormatStreams } from '../format.ts'

/** JSON for the stream engine: JSON.parse and JSON.stringify. */
export const jsonStreams: FormatStreams = {
  parse: (_plan, onReject) => [parseArray(onReject)],
  encode: () => [stringifyArray()],
}

/** Holds the whole text, as the program most people would write does. */
function parseArray(onReject: () => void): Transform {
  const chunks: Buffer[] = []
  return new Transform({
    readableObjectMode: true,
    transform(chunk: Buffer, _encoding, done) {
      chunks.push(chunk)
      done()
    },
    flush(done) {
      try {
        const text = Buffer.concat(chunks).toString().trim()
        const array = text.startsWith('[') ? text : `[${text.split('\n').join(',')}]`
        for (const value of JSON.parse(array) as unknown[]) {
          // A null would end the stream.
          if (value === null) onReject()
          else this.push(value)
        }
        done()
      } catch (error) {
        done(error as Error)
      }
    },
  })
}

function stringifyArray(): Transform {
  let isFirst = true
  return new Transform({
    writableObjectMode: true,
    transform(row: object, _encoding, done) {
      const opening = isFirst ? '[\n' : ',\n'
      isFirst = false
      done(null, opening + JSON.stringify(row))
    },
    flush(done) {
      done(null, isFirst ? '[]\n' : '\n]\n')
    },
  })
}

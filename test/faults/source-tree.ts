import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Numbers from 0 to 1 that a seed decides: mulberry32 (https://gist.github.com/tommyettinger/46a874533244883189143505d203312c). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

type Extension = 'csv' | 'tsv' | 'ndjson' | 'json'

const EXTENSIONS: readonly Extension[] = ['csv', 'ndjson', 'json', 'tsv']

/** Rows of a file; every `rejectEvery`th of them cannot be converted. */
function makeContent(extension: Extension, sizeBytes: number, rejectEvery: number): string {
  if (sizeBytes === 0) return extension === 'json' ? '[]' : ''
  const lines: string[] = []
  const delimiter = extension === 'tsv' ? '\t' : ','
  if (extension === 'csv' || extension === 'tsv') lines.push(['id', 'name', 'note'].join(delimiter))
  for (let row = 1, length = 0; length < sizeBytes; row++) {
    const isReject = rejectEvery > 0 && row % rejectEvery === 0
    lines.push(makeRow(extension, row, isReject, delimiter))
    length += lines.at(-1)!.length + 1
  }
  return extension === 'json' ? `[\n${lines.join(',\n')}\n]\n` : `${lines.join('\n')}\n`
}

function makeRow(extension: Extension, row: number, isReject: boolean, delimiter: string): string {
  const name = `name ${row * 7919} äöü`
  if (extension === 'json')
    return isReject ? String(row) : JSON.stringify({ id: row, name, nested: { row: [row, null] } })
  if (extension === 'ndjson')
    return isReject ? `{"id":${row},` : JSON.stringify({ id: row, name, isOdd: row % 2 === 1 })
  return [row, `"${name}"`, isReject ? `one${delimiter}too many` : '"a ""quoted"" note"'].join(delimiter)
}

export interface TreeShape {
  readonly fileCount: number
  /** How large each file is about, by its number. */
  readonly sizeBytes: (index: number) => number
}

/** Writes a tree of files of all formats, some nested, some with rejects. Always the same for the same shape. */
export function writeSources(folder: string, { fileCount, sizeBytes }: TreeShape): void {
  for (let index = 0; index < fileCount; index++) {
    const extension = EXTENSIONS[index % EXTENSIONS.length]!
    const below = ['', 'a', 'a/b c', 'd'][Math.floor(index / 4) % 4]!
    const path = join(folder, below, `file-${index}.${extension}`)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, makeContent(extension, sizeBytes(index), index % 5 === 0 ? 9 : 0))
  }
}

// Says whether two targets hold the same records in the same order, value by value. The readers here are not Drover's: JSON.parse,
// and a small CSV reader of its own. A null, a missing member and the empty text count as equal, because tools differ in what an
// empty CSV field becomes.
//
//   node test/bench/compare-values.mjs csv|ndjson FILE-OR-FOLDER FILE-OR-FOLDER
//
// Of a folder, all files of the format are read in the order of their names, but none in hidden folders, where Drover keeps its
// books. Prints the number of records.
import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { StringDecoder } from 'node:string_decoder'

const CHUNK_BYTES = 1024 * 1024

const [format, left, right] = process.argv.slice(2)
const readers = { csv: readCsvRecords, ndjson: readLines }

const [leftRecords, rightRecords] = [left, right].map((path) => readTarget(path))
let recordCount = 0
for (;;) {
  const mine = leftRecords.next()
  const theirs = rightRecords.next()
  if (mine.done && theirs.done) break
  recordCount++
  if (mine.done || theirs.done) fail(`${mine.done ? left : right} ends before record ${recordCount}`)
  if (mine.value !== theirs.value) compareRecords(toObject(mine.value), toObject(theirs.value))
}
if (recordCount === 0) fail('there are no records at all')
console.log(recordCount)

function compareRecords(mine, theirs) {
  for (const name of new Set([...Object.keys(mine), ...Object.keys(theirs)])) {
    const values = [mine[name], theirs[name]].map(toText)
    if (values[0] !== values[1])
      fail(`record ${recordCount}, ${name}: ${values.map((v) => JSON.stringify(v)).join(' ')}`)
  }
}

function fail(message) {
  console.error(`values differ: ${message}`)
  process.exit(1)
}

/** A record is a line of JSON, so that equal lines need no parsing, or an object. */
function toObject(record) {
  return typeof record === 'string' ? JSON.parse(record) : record
}

/** A number is not the text of it. */
function toText(value) {
  if (value === null || value === undefined || value === '') return ''
  return typeof value === 'object' ? JSON.stringify(value) : `${typeof value} ${value}`
}

function* readTarget(path) {
  const isFolder = statSync(path).isDirectory()
  for (const file of isFolder ? listTargets(path) : [path]) yield* readers[format](file)
}

function listTargets(folder) {
  const names = readdirSync(folder, { recursive: true })
  const targets = names.filter((name) => name.endsWith(`.${format}`) && !/(?:^|[/\\])\./.test(name))
  return targets.sort((one, other) => (one < other ? -1 : 1)).map((name) => join(folder, name))
}

function* readLines(file) {
  let rest = ''
  for (const text of readText(file)) {
    const lines = (rest + text).split('\n')
    rest = lines.pop()
    yield* lines
  }
  if (rest !== '') yield rest
}

function* readCsvRecords(file) {
  let header = null
  let rest = ''
  for (const text of readText(file, '\n')) {
    rest += text
    let start = 0
    for (;;) {
      const row = readCsvRow(rest, start)
      if (row === null) break
      start = row.end
      if (header === null) header = row.fields
      else yield Object.fromEntries(header.map((name, index) => [name, row.fields[index]]))
    }
    rest = rest.slice(start)
  }
  if (rest.trim() !== '') fail(`${file} ends within a record`)
}

/** @returns the fields of the row at `start` and where the next one starts; null where the text ends before the row does. */
function readCsvRow(text, start) {
  const fields = []
  for (let position = start; ;) {
    let field = ''
    if (text[position] === '"') {
      for (let from = position + 1; ;) {
        const quote = text.indexOf('"', from)
        if (quote < 0 || quote + 1 === text.length) return null
        field += text.slice(from, quote)
        position = quote + 1
        if (text[position] !== '"') break
        field += '"'
        from = position + 1
      }
    } else {
      const from = position
      while (position < text.length && text[position] !== ',' && text[position] !== '\n') position++
      field = text.slice(from, text[position] === '\n' && text[position - 1] === '\r' ? position - 1 : position)
    }
    if (position >= text.length) return null
    fields.push(field)
    if (text[position] === '\r') position++
    if (text[position] === '\n') return { fields, end: position + 1 }
    if (text[position] !== ',') return null
    position++
  }
}

/** The text of a file in pieces, and at last `ending` where the file does not end with it. */
function* readText(file, ending = '') {
  const descriptor = openSync(file, 'r')
  const decoder = new StringDecoder('utf8')
  const bytes = Buffer.alloc(CHUNK_BYTES)
  let last = ''
  for (;;) {
    const byteCount = readSync(descriptor, bytes)
    const text = byteCount > 0 ? decoder.write(bytes.subarray(0, byteCount)) : decoder.end()
    if (text !== '') {
      last = text
      yield text
    }
    if (byteCount === 0) break
  }
  closeSync(descriptor)
  if (last !== '' && !last.endsWith(ending)) yield ending
}

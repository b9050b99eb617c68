// The same conversion by DuckDB, as one COPY in a process of its own. All values are read as text, which is what Drover does by
// default, and which is faster for DuckDB than to guess types (NDJSON of 214 MB: 1.13 s against 1.49 s, AMD EPYC, 2 cores, 2026-11).
//
//   node test/bench/peer-duckdb.mjs csv|ndjson csv|ndjson SOURCE-FOLDER TARGET-FILE THREADS [NAME[=SOURCE],...]
import { closeSync, openSync, readdirSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'

const [from, to, folder, target, threads, selected] = process.argv.slice(2)

const instance = await DuckDBInstance.create(':memory:', { threads })
const connection = await instance.connect()
await connection.run('SET preserve_insertion_order = true')
const source = quoteText(join(folder, `*.${from}`))
const table =
  from === 'csv'
    ? `read_csv(${source}, header = true, all_varchar = true, delim = ',', quote = '"', escape = '"')`
    : `read_json(${source}, format = 'newline_delimited', columns = {${textColumns().join(', ')}})`
const targetFormat = to === 'csv' ? 'FORMAT csv, HEADER' : 'FORMAT json'
await connection.run(`COPY (SELECT ${selection()} FROM ${table}) TO ${quoteText(target)} (${targetFormat})`)

function selection() {
  if (selected === undefined) return '*'
  const columns = selected.split(',').map((column) => column.split('='))
  return columns.map(([name, original = name]) => `${quoteName(original)} AS ${quoteName(name)}`).join(', ')
}

/** All records of the generated files have the members of the first. */
function textColumns() {
  const name = readdirSync(folder).find((file) => file.endsWith('.ndjson'))
  const descriptor = openSync(join(folder, name), 'r')
  const bytes = Buffer.alloc(64 * 1024)
  const byteCount = readSync(descriptor, bytes)
  closeSync(descriptor)
  const first = JSON.parse(bytes.toString('utf8', 0, byteCount).split('\n', 1)[0])
  return Object.keys(first).map((column) => `${quoteName(column)}: 'VARCHAR'`)
}

function quoteText(text) {
  return `'${text.replaceAll("'", "''")}'`
}

function quoteName(name) {
  return `"${name.replaceAll('"', '""')}"`
}

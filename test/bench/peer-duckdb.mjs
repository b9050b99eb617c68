// The same conversion by DuckDB, as one COPY in a process of its own. Values are read as text but for those that a mapping of Drover
// gives a type, which is what Drover does, and which is faster for DuckDB than to guess types (NDJSON of 214 MB: 1.13 s against 1.49 s, AMD EPYC, 2 cores, 2026-11).
//
//   node test/bench/peer-duckdb.mjs csv|ndjson csv|ndjson SOURCE-FOLDER TARGET-FILE THREADS [--select NAME[=SOURCE],...] [--map FILE.json]
import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { DuckDBInstance } from '@duckdb/node-api'

const TYPES = { string: 'VARCHAR', integer: 'BIGINT', number: 'DOUBLE', boolean: 'BOOLEAN' }

const { positionals, values: options } = parseArgs({
  options: { select: { type: 'string' }, map: { type: 'string' } },
  allowPositionals: true,
})
const [from, to, folder, target, threads] = positionals
const { select: selected } = options

const instance = await DuckDBInstance.create(':memory:', { threads })
const connection = await instance.connect()
await connection.run('SET preserve_insertion_order = true')
const source = quoteText(join(folder, `*.${from}`))
const table =
  from === 'csv'
    ? `read_csv(${source}, header = true, ${csvTypes()}, delim = ',', quote = '"', escape = '"')`
    : `read_json(${source}, format = 'newline_delimited', columns = {${textColumns().join(', ')}})`
const targetFormat = to === 'csv' ? 'FORMAT csv, HEADER' : 'FORMAT json'
await connection.run(`COPY (SELECT ${selection()} FROM ${table}) TO ${quoteText(target)} (${targetFormat})`)

function selection() {
  if (selected === undefined) return '*'
  const columns = selected.split(',').map((column) => column.split('='))
  return columns.map(([name, original = name]) => `${quoteName(original)} AS ${quoteName(name)}`).join(', ')
}

/** No column is left to be guessed: DuckDB is told all of them. The names in generated headers need no quotes. */
function csvTypes() {
  if (options.map === undefined) return 'all_varchar = true'
  const { columns } = JSON.parse(readFileSync(options.map, 'utf8'))
  const typed = firstLine()
    .split(',')
    .map((name) => `${quoteName(name)}: '${TYPES[columns[name] ?? 'string']}'`)
  return `auto_detect = false, columns = {${typed.join(', ')}}`
}

/** All records of the generated files have the members of the first. */
function textColumns() {
  return Object.keys(JSON.parse(firstLine())).map((column) => `${quoteName(column)}: 'VARCHAR'`)
}

function firstLine() {
  const name = readdirSync(folder).find((file) => file.endsWith(`.${from}`))
  const descriptor = openSync(join(folder, name), 'r')
  const bytes = Buffer.alloc(64 * 1024)
  const byteCount = readSync(descriptor, bytes)
  closeSync(descriptor)
  return bytes.toString('utf8', 0, byteCount).split('\n', 1)[0]
}

function quoteText(text) {
  return `'${text.replaceAll("'", "''")}'`
}

function quoteName(name) {
  return `"${name.replaceAll('"', '""')}"`
}

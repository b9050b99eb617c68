// Deterministic test data in three shapes, as CSV and as NDJSON:
//
//     orders:  twelve mixed columns, some quoted, some with UTF-8, like an export of a web shop
//     text:    five columns, one of them a long quoted text with line ends and quotes
//     numeric: twenty columns of numbers
//
// A gigabyte must not take minutes to make, so rows are drawn once (POOL_ROWS of them) and then taken in a scattered order, each
// with a number of its own in front.
import { mkdirSync, writeFileSync } from 'node:fs'
import { mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'

const POOL_ROWS = 32_768
/** No factor of POOL_ROWS, so that every row of the pool is met before one comes again. */
const POOL_STRIDE = 7919
const ROWS_PER_WRITE = 4096
const FILES_PER_FOLDER = 1000
const FIRST_ID = 10_000_000

const STATUSES = ['shipped', 'pending', 'delivered', 'cancelled', 'returned', 'on hold']
const PLACES = [
  ['GB', 'London'],
  ['US', 'New York'],
  ['BR', 'São Paulo'],
  ['CH', 'Zürich'],
  ['JP', '東京'],
  ['PL', 'Kraków'],
  ['DE', 'Berlin'],
  ['FR', 'Paris'],
  ['ES', 'Madrid'],
  ['RU', 'Москва'],
  ['FR', 'Lyon'],
]
const FIRST_NAMES = 'anna bob carol dave erin frank grace heidi ivan judy oscar peggy'.split(' ')
const LAST_NAMES = 'smith jones garcia muller kowalski tanaka silva dubois ivanov rossi'.split(' ')
const ADJECTIVES = 'Ergonomic Rustic Sleek Handmade Recycled Small Practical Refined Vintage'.split(' ')
const MATERIALS = 'Steel Wooden Cotton Granite Rubber Plastic Bronze'.split(' ')
const THINGS = 'Chair Table Lamp Keyboard Mouse Shirt Shoes Bike Ball Gloves Hat'.split(' ')
const WORDS = 'lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod naïve café über größe'.split(' ')

/** The first column of each shape is the row's number. Values that are numbers in NDJSON are drawn as numbers. */
const SHAPES = {
  orders: {
    columns:
      'order_id,customer_id,order_date,status,country,city,sku,product_name,quantity,unit_price,email,notes'.split(','),
    drawRow({ between, pick, words, share }) {
      const [country, city] = pick(PLACES)
      const product =
        share() < 0.15
          ? `${pick(THINGS)}, ${pick(ADJECTIVES)} ${between(5, 32)}" ${pick(MATERIALS)}`
          : `${pick(ADJECTIVES)} ${pick(MATERIALS)} ${pick(THINGS)}`
      const kind = share()
      let notes = ''
      if (kind >= 0.98) notes = `say "${words(2)}", ok`
      else if (kind >= 0.8) notes = `${words(between(1, 4))}, ${words(between(1, 5))}`
      else if (kind >= 0.5) notes = words(between(2, 6))
      return [
        between(1000, 999_999),
        `${between(2015, 2024)}-${twoDigits(between(1, 12))}-${twoDigits(between(1, 28))}`,
        pick(STATUSES),
        country,
        city,
        `SKU-${between(10_000, 99_999)}`,
        product,
        between(1, 40),
        between(100, 90_099) / 100,
        `${pick(FIRST_NAMES)}.${pick(LAST_NAMES)}${between(1, 999)}@example.com`,
        notes,
      ]
    },
  },
  text: {
    columns: ['id', 'author', 'title', 'body', 'score'],
    drawRow({ between, pick, words, share }) {
      let body = ''
      for (let sentences = between(2, 8); sentences > 0; sentences--) {
        if (body !== '') body += share() < 0.4 ? '\n\n' : '. '
        body += words(between(3, 10))
        if (share() < 0.25) body += ` "${pick(WORDS)}",`
        body += ` ${words(between(5, 15))}`
      }
      return [`${pick(FIRST_NAMES)} ${pick(LAST_NAMES)}`, words(between(3, 9)), `${body},`, between(-10, 500)]
    },
  },
  numeric: {
    columns: Array.from({ length: 20 }, (_, column) => `c${column}`),
    drawRow: ({ between }) =>
      Array.from({ length: 19 }, (_, column) => {
        if (column % 4 === 3) return between(0, 9)
        if (column % 4 === 0) return between(-100_000, 100_000)
        return column % 4 === 1 ? between(0, 999_999) / 1000 : between(-999_999_999, 999_999_999) / 1e9
      }),
  },
}

export const SHAPE_NAMES = Object.keys(SHAPES)

/**
 * Writes a folder of `fileCount` files of one shape, together about `sizeBytes`. The numbering runs on from file to file, so one
 * file has the rows that several have. The same arguments give the same bytes.
 * @param format 'csv' or 'ndjson', also the extension.
 * @returns the bytes written.
 */
export async function generateFolder({ folder, shape, format, sizeBytes, fileCount = 1 }) {
  await mkdir(folder, { recursive: true })
  const rows = new RowPool(shape, format)
  let writtenBytes = 0
  for (let file = 0; file < fileCount; file++) {
    const handle = await open(join(folder, `${shape}-${twoDigits(file)}.${format}`), 'w')
    try {
      const untilBytes = (sizeBytes / fileCount) * (file + 1)
      if (rows.header !== '') writtenBytes += (await handle.write(rows.header)).bytesWritten
      while (writtenBytes < untilBytes) {
        writtenBytes += (await handle.write(rows.take(ROWS_PER_WRITE, untilBytes - writtenBytes))).bytesWritten
      }
    } finally {
      await handle.close()
    }
  }
  return writtenBytes
}

/** Writes `fileCount` files of orders as CSV, each of about `fileBytes`, into folders of a thousand. @returns the bytes written. */
export async function generateSmallFiles({ folder, fileCount, fileBytes }) {
  const rows = new RowPool('orders', 'csv')
  let writtenBytes = 0
  for (let file = 0; file < fileCount; file++) {
    const subfolder = join(folder, `folder-${Math.floor(file / FILES_PER_FOLDER)}`)
    if (file % FILES_PER_FOLDER === 0) {
      mkdirSync(subfolder, { recursive: true })
      await nextTurn()
    }
    const bytes = Buffer.from(rows.header + rows.take(ROWS_PER_WRITE, fileBytes - rows.header.length))
    writeFileSync(join(subfolder, `orders-${file}.csv`), bytes)
    writtenBytes += bytes.length
  }
  return writtenBytes
}

/** The first about `sizeBytes` of what `generateFolder` writes. */
export function generateText(shape, format, sizeBytes) {
  const rows = new RowPool(shape, format)
  return rows.header + rows.take(Infinity, sizeBytes - rows.header.length)
}

class RowPool {
  constructor(shape, format) {
    const { columns, drawRow } = SHAPES[shape]
    const isCsv = format === 'csv'
    const random = createDraws(1)
    const encodeRow = isCsv ? encodeCsvTail : encodeJsonTail
    this.header = isCsv ? `${columns.join(',')}\n` : ''
    this.rowStart = isCsv ? '' : `{"${columns[0]}":`
    this.rowTails = Array.from({ length: POOL_ROWS }, () => encodeRow(drawRow(random), columns))
    this.rowCount = 0
  }

  /** The next rows: at most `rowLimit` of them, and none after `sizeChars` is reached. */
  take(rowLimit, sizeChars) {
    let text = ''
    for (let row = 0; row < rowLimit && text.length < sizeChars; row++) {
      text += this.rowStart + (FIRST_ID + this.rowCount) + this.rowTails[(this.rowCount * POOL_STRIDE) % POOL_ROWS]
      this.rowCount++
    }
    return text
  }
}

function encodeCsvTail(values) {
  const fields = values.map((value) => (/[",\n\r]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value))
  return `,${fields.join(',')}\n`
}

function encodeJsonTail(values, columns) {
  return `${values.map((value, index) => `,"${columns[index + 1]}":${JSON.stringify(value)}`).join('')}}\n`
}

function createDraws(seed) {
  const share = createRandom(seed)
  const pick = (list) => list[Math.floor(share() * list.length)]
  return {
    share,
    pick,
    between: (low, high) => low + Math.floor(share() * (high - low + 1)),
    words: (count) => Array.from({ length: count }, () => pick(WORDS)).join(' '),
  }
}

/** Mulberry32: small, fast, the same everywhere. */
function createRandom(seed) {
  let state = (0x9e3779b9 ^ (seed * 2654435761)) >>> 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

const twoDigits = (number) => String(number).padStart(2, '0')

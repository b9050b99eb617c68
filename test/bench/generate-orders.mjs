// Deterministic test data: orders of twelve mixed columns, some quoted, some with UTF-8, like an export of a web shop.
import { closeSync, openSync, writeSync } from 'node:fs'

const STATUSES = ['shipped', 'pending', 'delivered', 'cancelled', 'returned', 'on hold']
const CITIES = [
  'London',
  'New York',
  'São Paulo',
  'Zürich',
  '東京',
  'Kraków',
  'Berlin',
  'Paris',
  'Madrid',
  'Москва',
  'Lyon',
]
const COUNTRIES = ['GB', 'US', 'BR', 'CH', 'JP', 'PL', 'DE', 'FR', 'ES', 'RU', 'FR']
const FIRST_NAMES = [
  'anna',
  'bob',
  'carol',
  'dave',
  'erin',
  'frank',
  'grace',
  'heidi',
  'ivan',
  'judy',
  'oscar',
  'peggy',
]
const LAST_NAMES = ['smith', 'jones', 'garcia', 'muller', 'kowalski', 'tanaka', 'silva', 'dubois', 'ivanov', 'rossi']
const ADJECTIVES = ['Ergonomic', 'Rustic', 'Sleek', 'Handmade', 'Recycled', 'Small', 'Practical', 'Refined', 'Vintage']
const MATERIALS = ['Steel', 'Wooden', 'Cotton', 'Granite', 'Rubber', 'Plastic', 'Bronze']
const THINGS = ['Chair', 'Table', 'Lamp', 'Keyboard', 'Mouse', 'Shirt', 'Shoes', 'Bike', 'Ball', 'Gloves', 'Hat']
const WORDS = 'lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod naïve café über größe'.split(' ')
const HEADER = 'order_id,customer_id,order_date,status,country,city,sku,product_name,quantity,unit_price,email,notes'

/** Writes about `sizeBytes` of orders as CSV to `path`. The same `seed` gives the same bytes. */
export function generateOrders(path, sizeBytes, seed) {
  const random = createRandom(seed)
  const between = (low, high) => low + Math.floor(random() * (high - low + 1))
  const pick = (list) => list[Math.floor(random() * list.length)]
  const words = (count) => Array.from({ length: count }, () => pick(WORDS)).join(' ')

  const notes = () => {
    const share = random()
    if (share < 0.5) return ''
    if (share < 0.8) return words(between(2, 6))
    return share < 0.98 ? `${words(between(1, 4))}, ${words(between(1, 5))}` : `say "${words(2)}", ok`
  }
  const product = () =>
    random() < 0.15
      ? `${pick(THINGS)}, ${pick(ADJECTIVES)} ${between(5, 32)}" ${pick(MATERIALS)}`
      : `${pick(ADJECTIVES)} ${pick(MATERIALS)} ${pick(THINGS)}`

  const descriptor = openSync(path, 'w')
  let writtenBytes = writeSync(descriptor, `${HEADER}\n`)
  for (let id = seed * 10_000_000; writtenBytes < sizeBytes;) {
    let text = ''
    for (let row = 0; row < 2000; row++) {
      const place = Math.floor(random() * CITIES.length)
      const date = `${between(2015, 2024)}-${two(between(1, 12))}-${two(between(1, 28))}`
      const price = `${between(1, 900)}.${two(between(0, 99))}`
      const email = `${pick(FIRST_NAMES)}.${pick(LAST_NAMES)}${between(1, 999)}@example.com`
      text += `${id++},${between(1000, 999_999)},${date},${pick(STATUSES)},${COUNTRIES[place]},${CITIES[place]},`
      text += `SKU-${between(10_000, 99_999)},${quote(product())},${between(1, 40)},${price},${email},${quote(notes())}\n`
    }
    writtenBytes += writeSync(descriptor, text)
  }
  closeSync(descriptor)
}

const two = (number) => String(number).padStart(2, '0')

function quote(value) {
  return /[",\n\r]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value
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

/**
 * The end of the last record that ends within the bytes: the last line end outside quotes, told by whether an even number of quotes
 * is before it. (A stray quote makes that wrong, and the run then fails instead of measuring something else.)
 */
export function findRecordEnd(bytes: Uint8Array, quote: number | null): number {
  let isInQuotes = false
  let end = 0
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] === quote) isInQuotes = !isInQuotes
    else if (bytes[at] === 0x0a && !isInQuotes) end = at + 1
  }
  return end
}

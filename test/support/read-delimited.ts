/**
 * An independent reader of delimited text as RFC 4180 describes it: quotes double, LF or CR LF, a line end behind the last record.
 * It knows nothing of Drover's reader and accepts only what is well formed.
 */
export function readDelimited(source: string, delimiter: string): string[][] {
  const rows: string[][] = []
  const field = new RegExp(`(?:"((?:[^"]|"")*)"|([^"${delimiter}\\r\\n]*))(${delimiter}|\\r?\\n)`, 'y')
  let row: string[] = []
  while (field.lastIndex < source.length) {
    const start = field.lastIndex
    const match = field.exec(source)
    if (match === null)
      throw new Error(`not well formed at ${start}: ${JSON.stringify(source.slice(start, start + 40))}`)
    row.push(match[1]?.replaceAll('""', '"') ?? match[2]!)
    if (match[3] !== delimiter) {
      rows.push(row)
      row = []
    }
  }
  return rows
}

const LINE_FEED = 0x0a

/** The position behind the first line feed from `start` on; null: there is none before `end`. */
export function behindLine(bytes: Uint8Array, start: number, end: number): number | null {
  const lineFeed = Buffer.from(bytes.buffer, bytes.byteOffset, end).indexOf(LINE_FEED, start)
  return lineFeed < 0 ? null : lineFeed + 1
}

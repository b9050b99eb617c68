/** Two hex digits for each byte. */
const BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** A CRC-32 as eight hex digits. By a table: `toString(16)` takes a microsecond for each of many files. */
export function formatCrc32(crc: number): string {
  return `${BYTES[crc >>> 24]}${BYTES[(crc >>> 16) & 255]}${BYTES[(crc >>> 8) & 255]}${BYTES[crc & 255]}`
}

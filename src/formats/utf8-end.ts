/**
 * The end of the last whole character in [start, end), or the start of the last one: chunks cut characters in two, and
 * half a character is not yet invalid. What is left out is at most 4 bytes, none of them ASCII.
 */
export function wholeUtf8End(bytes: Uint8Array, start: number, end: number): number {
  let position = end
  while (position > start && end - position < 4 && bytes[position - 1]! >= 0x80) {
    position--
    if (bytes[position]! >= 0xc0) return position
  }
  return end
}

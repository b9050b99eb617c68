/** A file in a target's place as the plan saw it: what a run may replace, as long as it is still the same. */
export interface SeenFile {
  readonly sizeBytes: number
  readonly mtimeNs: bigint
}

/** The form in which it travels: `<size>:<nanoseconds since 1970>`. */
export function formatSeenFile({ sizeBytes, mtimeNs }: SeenFile): string {
  return `${sizeBytes}:${mtimeNs}`
}

/** Whether a text has that form. */
export function isSeenFile(text: unknown): text is string {
  return typeof text === 'string' && /^\d{1,16}:-?\d{1,19}$/.test(text)
}

/** @param text as `isSeenFile` demands. */
export function parseSeenFile(text: string): SeenFile {
  const [size = '', mtime = ''] = text.split(':')
  return { sizeBytes: Number(size), mtimeNs: BigInt(mtime) }
}

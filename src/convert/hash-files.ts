import { isPromise } from '../storage/answer.ts'
import type { ByteSource } from '../storage/source-storage.ts'
import type { ConvertContext } from './file-work.ts'

/** Bytes that are hashed at once. */
const HASHED_BYTES = 256 * 1024

/** The CRC-32 of whole files, each null where it cannot be read. The input region of the memory is written over. */
export async function hashFiles(paths: readonly string[], context: ConvertContext): Promise<(number | null)[]> {
  const hashes: (number | null)[] = []
  for (const path of paths) hashes.push(await hashFile(path, context))
  return hashes
}

async function hashFile(path: string, context: ConvertContext): Promise<number | null> {
  try {
    context.pace?.wait(0)
    const opened = context.sourcesAt(path).open(path)
    const source = isPromise(opened) ? await opened : opened
    try {
      return await hashBytes(source, context)
    } finally {
      source.close()
    }
  } catch {
    return null
  }
}

async function hashBytes(source: ByteSource, { batch, pace }: ConvertContext): Promise<number | null> {
  const { memory, checksum } = batch
  const { bytes, inputStart, inputEnd } = memory
  const { isFile } = await source.head()
  if (!isFile) return null
  const mostBytes = Math.min(HASHED_BYTES, inputEnd - inputStart)
  let hash = 0
  for (let offset = 0; ;) {
    const read = source.readAt(bytes, inputStart, mostBytes, offset)
    const count = isPromise(read) ? await read : read
    if (count === 0) return hash
    offset += count
    pace?.wait(count)
    hash = checksum(bytes, inputStart, inputStart + count, hash)
  }
}

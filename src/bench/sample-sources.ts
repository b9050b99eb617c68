import { closeSync, copyFileSync, mkdirSync, openSync, readSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { getFormat } from '../formats/registry.ts'
import type { PlannedFile } from '../model/report.ts'

/** Slow steps of the ladder convert about this much: at 6 MB/s it takes five seconds, of which the start of Node is 3 %. */
const SAMPLE_BYTES = 32e6
/** No file of a sample is cut shorter than this: fewer, larger ones are taken instead. */
const LEAST_FILE_BYTES = 64 * 1024

export interface SourceSample {
  /** The source tree of the sample. */
  readonly root: string
  readonly bytes: number
  readonly files: readonly string[]
}

/**
 * Makes a smaller source tree out of the beginnings of files: each cut after a record, in proportion to its size. Files that cannot
 * be cut are taken where they are small enough.
 * @param quote the byte that quotes fields of delimited files; null: none.
 * @returns null where the sources are hardly larger than a sample, or nothing of them can be sampled.
 */
export function sampleSources(
  sourceRoot: string,
  files: readonly PlannedFile[],
  folder: string,
  quote: number | null,
): SourceSample | null {
  const totalBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  if (totalBytes <= 2 * SAMPLE_BYTES) return null
  const stride = Math.ceil(files.length / (SAMPLE_BYTES / LEAST_FILE_BYTES))
  const picked = files.filter((file, index) => index % stride === 0 && file.format !== 'bytes')
  const pickedBytes = picked.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  const taken: string[] = []
  let bytes = 0
  for (const { source, format, sizeBytes } of picked) {
    if (format === 'bytes') continue
    const owner = getFormat(format)
    const shareBytes = Math.max(LEAST_FILE_BYTES, Math.round((SAMPLE_BYTES / pickedBytes) * sizeBytes))
    const [from, to] = [join(sourceRoot, source), join(folder, source)]
    mkdirSync(dirname(to), { recursive: true })
    if (sizeBytes <= shareBytes) {
      copyFileSync(from, to)
      bytes += sizeBytes
    } else if (owner.findRecordEnd !== undefined) {
      const head = readHead(from, shareBytes)
      const cut = head.subarray(0, owner.findRecordEnd(head, quote))
      if (cut.length === 0) continue
      writeFileSync(to, cut)
      bytes += cut.length
    } else continue
    taken.push(source)
  }
  return bytes === 0 ? null : { root: folder, bytes, files: taken }
}

function readHead(path: string, maxBytes: number): Uint8Array {
  const bytes = Buffer.alloc(maxBytes)
  const descriptor = openSync(path, 'r')
  try {
    return bytes.subarray(0, readSync(descriptor, bytes, 0, maxBytes, 0))
  } finally {
    closeSync(descriptor)
  }
}

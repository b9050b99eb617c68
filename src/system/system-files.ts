import { openSync, readdirSync, readFileSync, readlinkSync, readSync } from 'node:fs'

// Files by which Linux tells of this process and of the machine (/proc, /sys/fs/cgroup). They are on no storage and in no tree, and other systems
// have none of them.

/** @throws where there is no such file, or it may not be read. */
export function readSystemFile(path: string): string {
  return readFileSync(path, 'utf8')
}

/** What a link leads to. @throws where there is no such link. */
export function readSystemLink(path: string): string {
  return readlinkSync(path)
}

/** The names in a folder. @throws where there is none. */
export function listSystemFolder(path: string): string[] {
  return readdirSync(path)
}

/** More has no file that is read so. */
const MOST_BYTES = 64

/**
 * Opens a file that is read again and again. It stays open as long as the process lives.
 * @returns what reads the file from its start. @throws where there is no such file.
 */
export function openSystemFile(path: string): () => string {
  const descriptor = openSync(path, 'r')
  const text = Buffer.alloc(MOST_BYTES)
  return () => text.toString('latin1', 0, readSync(descriptor, text, 0, text.length, 0))
}

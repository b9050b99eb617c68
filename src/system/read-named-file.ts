import { readFile } from 'node:fs/promises'

/**
 * The bytes of a list that the user names (`--files-from`, `--filter-from`): configuration, wherever the sources are. It may be a pipe
 * (`--files-from <(find ...)`), and whoever waits for its other end must hear signals meanwhile.
 * @throws errors of the system.
 */
export function readNamedFile(path: string): Promise<Buffer> {
  return readFile(path)
}

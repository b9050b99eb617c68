import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Makes files with their own path as content, and the folders on the way. A path that ends in `/` is an empty folder. */
export function writeTree(root: string, paths: readonly string[]): void {
  for (const path of paths) {
    const absolute = join(root, path)
    mkdirSync(path.endsWith('/') ? absolute : dirname(absolute), { recursive: true })
    if (!path.endsWith('/')) writeFileSync(absolute, path)
  }
}

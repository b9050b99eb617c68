import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

// What was installed with Drover: its package.json, kernels, the scripts of pages, the entry of threads. It is read and never changed.

/**
 * Finds a file of the build, which lies elsewhere as seen from a chunk of the command line, from a module of the library, and from the source (unit
 * tests). @param places relative to `from`, the asking module's `import.meta.url`: each of them must lead to the file or to nothing.
 * @throws Error where it is at none of them: the package is not whole.
 */
export function findBuilt(places: readonly string[], from: string): string {
  const paths = places.map((place) => fileURLToPath(new URL(place, from)))
  const found = paths.find((path) => existsSync(path))
  if (found === undefined) throw new Error(`a file of the build is missing: it is not at ${paths.join(', ')}`)
  return found
}

/** @throws where it is not there. */
export function readInstalled(path: string | URL): Buffer {
  return readFileSync(path)
}

import { readInstalled } from '../system/installed-files.ts'

/** Drover's own version, from its package.json: one folder up from the source, two from `dist`. */
export function readDroverVersion(): string {
  for (const path of ['../../package.json', '../../../package.json']) {
    try {
      const { name, version } = JSON.parse(readInstalled(new URL(path, import.meta.url)).toString()) as Record<
        string,
        string
      >
      if (name === 'drover' && version !== undefined) return version
    } catch {
      // Not there: the next one.
    }
  }
  return 'unknown'
}

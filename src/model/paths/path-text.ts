/** Bytes that a file system takes for one name, and a system call for a path with its end. */
const LONGEST_NAME = 255
const LONGEST_PATH = 4095

/**
 * What is wrong with the text of a path, whatever is there; null: nothing. Asked before anything else: where a folder on the way is not there
 * yet, the system itself says nothing of the names below it.
 * @param isPattern its names are no names of files, but match them.
 */
export function faultOfPath(path: string, isPattern = false): string | null {
  if (path.includes('\0')) return 'a path has no NUL character'
  const bytes = Buffer.byteLength(path)
  if (bytes > LONGEST_PATH) return `the path has ${bytes} bytes: the most is ${LONGEST_PATH}`
  const longest = isPattern ? 0 : Math.max(...path.split('/').map((name) => Buffer.byteLength(name)))
  return longest > LONGEST_NAME ? `a name in the path has ${longest} bytes: the most is ${LONGEST_NAME}` : null
}

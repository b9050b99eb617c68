const REASONS = { ENOENT: 'no such folder', ESTALE: 'the folder was exchanged' } as const

/** What Drover finds out about a folder by itself, as an error of the system that says the same. */
export function folderError(code: keyof typeof REASONS, folder: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${REASONS[code]}, open '${folder}'`), {
    code,
    syscall: 'open',
    path: folder,
  })
}

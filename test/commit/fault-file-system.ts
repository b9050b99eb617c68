import { linkSync, renameSync, unlinkSync } from 'node:fs'
import fs, { type FileHandle } from 'node:fs/promises'
import { basename } from 'node:path'
import { LocalStorage } from '../../src/storage/local/local-storage.ts'
import type { PlacingFileSystem } from '../../src/storage/local/placing-file-system.ts'

/** A call about to be made: `sync a.ndjson`, `rename x a.ndjson`, `mkdir folder`. Files are named without their folders. */
export type Watch = (call: string, path: string) => void

/** The real file system, with a look at every call before it is made. A watch that throws makes the call fail. */
export function watchFileSystem(watch: Watch): PlacingFileSystem {
  const wrapHandle = (handle: FileHandle, path: string): FileHandle => {
    for (const method of ['sync', 'write', 'truncate', 'appendFile'] as const) {
      const original = handle[method].bind(handle) as (...args: unknown[]) => Promise<unknown>
      const watched = async (...args: unknown[]): Promise<unknown> => {
        watch(`${method} ${basename(path)}`, path)
        return original(...args)
      }
      Object.assign(handle, { [method]: watched })
    }
    return handle
  }
  return {
    open: async (path, ...args) => {
      watch(`open ${basename(String(path))}`, String(path))
      return wrapHandle(await fs.open(path, ...args), String(path))
    },
    rename: async (from, to) => {
      watch(`rename ${basename(String(to))}`, String(to))
      return fs.rename(from, to)
    },
    renameSync: (from, to) => {
      watch(`rename ${basename(String(to))}`, String(to))
      renameSync(from, to)
    },
    link: async (from, to) => {
      watch(`link ${basename(String(to))}`, String(to))
      return fs.link(from, to)
    },
    linkSync: (from, to) => {
      watch(`link ${basename(String(to))}`, String(to))
      linkSync(from, to)
    },
    unlinkSync: (path) => {
      watch(`unlink ${basename(String(path))}`, String(path))
      unlinkSync(path)
    },
    unlink: async (path) => {
      watch(`unlink ${basename(String(path))}`, String(path))
      return fs.unlink(path)
    },
    mkdir: (async (path: string, mode?: number) => {
      watch(`mkdir ${basename(path)}`, path)
      return fs.mkdir(path, mode)
    }) as typeof fs.mkdir,
  }
}

/** Local files, with a look at every call before it is made. */
export function watchStorage(root: string, watch: Watch): LocalStorage {
  return new LocalStorage(root, { fileSystem: watchFileSystem(watch) })
}

/** What a failed system call throws. */
export function systemError(code: string, syscall: string): Error {
  return Object.assign(new Error(`${code}: made up, ${syscall}`), { code, syscall })
}

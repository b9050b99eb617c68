import { spawnSync } from 'node:child_process'
import { existsSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { inject } from 'vitest'

/** A call that is to go wrong in a process: see fault-shim.c. */
export interface Fault {
  /** One or several, with commas: read, write, fsync, syncfs, rename, link, unlink, open, close, mkdir, rmdir. */
  readonly calls: string
  /** A part of the path that the call must be about. */
  readonly path?: string
  /** The first matching call that goes wrong, from 1. */
  readonly from?: number
  /** How many go wrong; all that follow where it is left out. */
  readonly times?: number
  readonly action: 'kill' | 'stop' | 'eof' | 'none' | `wait:${number}` | number
  /** No hard link can be made, beside the fault. */
  readonly hasNoLinks?: boolean
  /** A file that gets a byte for every matching call. */
  readonly countFile?: string
}

const library = compile()

/** Why faults cannot be made here; null where they can. */
export const noShimReason = library === null ? 'no C compiler, or not Linux: calls cannot be made to fail' : null

/** The environment in which a process meets the fault. */
export function faultEnvironment(fault: Fault): NodeJS.ProcessEnv {
  return {
    LD_PRELOAD: library ?? '',
    UV_USE_IO_URING: '0',
    FAULT_CALLS: fault.calls,
    FAULT_PATH: fault.path ?? '',
    FAULT_FROM: String(fault.from ?? 1),
    FAULT_TIMES: String(fault.times ?? 0),
    FAULT_ACTION: String(fault.action),
    FAULT_NOLINKS: fault.hasNoLinks === true ? 'yes' : '',
    FAULT_COUNT: fault.countFile ?? '',
  }
}

function compile(): string | null {
  if (process.platform !== 'linux') return null
  // Once for all test files. Not in memory, from where some machines load nothing.
  const path = join(inject('scratch').onDisk, 'fault-shim.so')
  if (existsSync(path)) return path
  const own = `${path}.${process.pid}`
  const source = join(import.meta.dirname, 'fault-shim.c')
  const { status } = spawnSync('cc', ['-shared', '-fPIC', '-O1', '-o', own, source, '-ldl'])
  if (status !== 0) return null
  renameSync(own, path)
  return path
}

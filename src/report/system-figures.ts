import { readSystemFile } from '../system/system-files.ts'
import type { SystemFigures } from '../model/measurement.ts'

/** Counters of the system that only grow; null where it does not have them. */
interface SystemCounters {
  readonly storage: SystemFigures['storage']
  /** Microseconds. */
  readonly pressure: { readonly cpu: number; readonly io: number; readonly memory: number } | null
  readonly steal: { readonly stolen: number; readonly total: number } | null
}

/** Reads a file of /proc; '' where it is not there. */
type ReadText = (path: string) => string

/**
 * Watches what the system counts from now on. @returns a function that gives the figures up to its call.
 * @param cores CPUs this process may use, and the quota behind that: /proc of the control group is read elsewhere.
 */
export function watchSystem(
  cores: Pick<SystemFigures, 'cores' | 'cpuQuota'>,
  read: ReadText = readIfThere,
): () => SystemFigures {
  const start = readCounters(read)
  return () => {
    const now = readCounters(read)
    return {
      ...cores,
      storage: now.storage &&
        start.storage && {
          readBytes: now.storage.readBytes - start.storage.readBytes,
          writtenBytes: now.storage.writtenBytes - start.storage.writtenBytes,
        },
      pressure: now.pressure &&
        start.pressure && {
          cpuMs: (now.pressure.cpu - start.pressure.cpu) / 1000,
          ioMs: (now.pressure.io - start.pressure.io) / 1000,
          memoryMs: (now.pressure.memory - start.pressure.memory) / 1000,
        },
      stealShare: now.steal && start.steal && shareOf(now.steal, start.steal),
      peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
    }
  }
}

function readCounters(read: ReadText): SystemCounters {
  return { storage: readStorage(read), pressure: readPressure(read), steal: readSteal(read) }
}

/** @see https://docs.kernel.org/filesystems/proc.html#proc-pid-io-display-the-io-accounting-fields */
function readStorage(read: ReadText): SystemCounters['storage'] {
  const text = read('/proc/self/io')
  const readBytes = /^read_bytes: (\d+)$/m.exec(text)
  const writtenBytes = /^write_bytes: (\d+)$/m.exec(text)
  return readBytes && writtenBytes && { readBytes: Number(readBytes[1]), writtenBytes: Number(writtenBytes[1]) }
}

/** @see https://docs.kernel.org/accounting/psi.html */
function readPressure(read: ReadText): SystemCounters['pressure'] {
  const readStalled = (what: string): number =>
    Number(/^some .*total=(\d+)$/m.exec(read(`/proc/pressure/${what}`))?.[1] ?? Number.NaN)
  const pressure = { cpu: readStalled('cpu'), io: readStalled('io'), memory: readStalled('memory') }
  return Object.values(pressure).some((stalled) => Number.isNaN(stalled)) ? null : pressure
}

/** `cpu user nice system idle iowait irq softirq steal ...` in ticks; guest times are part of user and nice. */
function readSteal(read: ReadText): SystemCounters['steal'] {
  const line = /^cpu +(.*)$/m.exec(read('/proc/stat'))
  const ticks = line?.[1]?.split(' ').slice(0, 8).map(Number) ?? []
  const stolen = ticks[7]
  return stolen === undefined ? null : { stolen, total: ticks.reduce((sum, count) => sum + count, 0) }
}

function shareOf(
  now: NonNullable<SystemCounters['steal']>,
  start: NonNullable<SystemCounters['steal']>,
): SystemFigures['stealShare'] {
  const ticks = now.total - start.total
  return ticks <= 0 ? 0 : Math.min(1, Math.max(0, (now.stolen - start.stolen) / ticks))
}

function readIfThere(path: string): string {
  try {
    return readSystemFile(path)
  } catch {
    return ''
  }
}

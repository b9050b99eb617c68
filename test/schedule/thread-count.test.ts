import { describe, expect, it } from 'vitest'
import { countUsableCores, readCpuQuota, resolveThreadCount } from '../../src/schedule/thread-count.ts'

describe('resolveThreadCount', () => {
  it.each([
    ['8', 4, 8],
    ['1', 4, 1],
    ['auto', 4, 4],
    ['50%', 4, 2],
    ['50%', 3, 2],
    ['10%', 2, 1],
    ['200%', 2, 4],
    ['+2', 4, 6],
  ])('%s of %i cores is %i', (threads, cores, expected) => {
    expect(resolveThreadCount(threads, cores)).toBe(expected)
  })

  it('auto is at least one thread on this machine', () => {
    expect(resolveThreadCount('auto')).toBe(countUsableCores())
    expect(countUsableCores()).toBeGreaterThanOrEqual(1)
  })
})

describe('readCpuQuota', () => {
  type Files = Readonly<Record<string, string>>
  const CASES: readonly (readonly [title: string, files: Files, quota: number | null])[] = [
    ['there is none without control groups', {}, null],
    ['"max" is none', { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': 'max 100000\n' }, null],
    [
      "the group's own counts",
      { '/proc/self/cgroup': '0::/app\n', '/sys/fs/cgroup/app/cpu.max': '150000 100000\n' },
      1.5,
    ],
    [
      'one further up binds too where it is tighter',
      {
        '/proc/self/cgroup': '0::/pod/app\n',
        '/sys/fs/cgroup/pod/app/cpu.max': '400000 100000\n',
        '/sys/fs/cgroup/pod/cpu.max': '200000 100000\n',
      },
      2,
    ],
    [
      'that of a container is at the root',
      { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': '50000 100000\n' },
      0.5,
    ],
    [
      'version 1 has it in two files',
      {
        '/proc/self/cgroup': '4:memory:/x\n3:cpu,cpuacct:/app\n',
        '/sys/fs/cgroup/cpu,cpuacct/app/cpu.cfs_quota_us': '300000\n',
        '/sys/fs/cgroup/cpu,cpuacct/app/cpu.cfs_period_us': '100000\n',
      },
      3,
    ],
    [
      'version 1 says -1 for none',
      {
        '/proc/self/cgroup': '3:cpu:/\n',
        '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n',
        '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
      },
      null,
    ],
    [
      'a file that makes no sense is passed over',
      { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': 'x' },
      null,
    ],
  ]
  it.each(CASES)('%s', (_, files, quota) => {
    const read = (path: string): string => {
      const text = files[path]
      if (text === undefined) throw new Error(`no ${path}`)
      return text
    }
    expect(readCpuQuota(read)).toBe(quota)
  })
})

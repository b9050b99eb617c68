import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import type { NodeIdentity } from '../../model/commit-record.ts'
import { readCpuModel } from '../../report/cpu-model.ts'
import { countUsableCores } from '../../schedule/thread-count.ts'

/** Who this process is as a node: nobody else ever has its name. */
export function identifyNode(threads: number): NodeIdentity {
  const host = hostname()
  return {
    name: `${shortHost(host)}-${process.pid}-${randomBytes(3).toString('hex')}`,
    host,
    pid: process.pid,
    threads,
    cores: countUsableCores(),
    cpu: readCpuModel(),
  }
}

/** A name of a host that leaves room for more: servers cut names of connections off. */
function shortHost(host: string): string {
  return (host.split('.')[0] ?? '').replaceAll(/[^\w-]/g, '-').slice(0, 30)
}

import { execFileSync, spawnSync } from 'node:child_process'

/** Two hosts on one machine: network namespaces with a cable between them, which can be pulled out. Nothing leaves them. */
export class TwoHosts {
  /** The address of the first host in the second one's eyes. */
  readonly address = '198.18.0.1'
  private readonly names: readonly [string, string]

  constructor() {
    const tag = `drover${process.pid % 100_000}`
    this.names = [`${tag}a`, `${tag}b`]
    const [here, there] = this.names
    ip('netns', 'add', here)
    ip('netns', 'add', there)
    ip('-n', here, 'link', 'add', 'cable', 'type', 'veth', 'peer', 'name', 'cable', 'netns', there)
    for (const [host, address] of [
      [here, this.address],
      [there, '198.18.0.2'],
    ] as const) {
      ip('-n', host, 'addr', 'add', `${address}/30`, 'dev', 'cable')
      ip('-n', host, 'link', 'set', 'lo', 'up')
      ip('-n', host, 'link', 'set', 'cable', 'up')
    }
  }

  /** Why there are none here; null: there can be. */
  static whyNot(): string | null {
    if (process.getuid?.() !== 0)
      return 'Only root can make network namespaces, so the test of a cut network was skipped.'
    const name = `drover${process.pid % 100_000}x`
    if (spawnSync('ip', ['netns', 'add', name]).status !== 0) {
      return 'Network namespaces cannot be made here (ip netns, of iproute2), so the test of a cut network was skipped.'
    }
    ip('netns', 'delete', name)
    return null
  }

  /** Words before a program that is to run on the first or the second host. */
  on(host: 0 | 1): readonly string[] {
    return ['ip', 'netns', 'exec', this.names[host]]
  }

  /** Pulls the cable out, or puts it back. */
  setConnected(isConnected: boolean): void {
    ip('-n', this.names[0], 'link', 'set', 'cable', isConnected ? 'up' : 'down')
  }

  remove(): void {
    for (const name of this.names) spawnSync('ip', ['netns', 'delete', name])
  }
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] })
}

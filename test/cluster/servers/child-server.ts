import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { once } from 'node:events'
import { createServer, connect, type AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** Where a queue can lie. */
export interface QueueDatabase {
  readonly url: string
  /** Ends it for good. Its data are the caller's to remove. */
  stop(): Promise<void>
}

/** A server of a queue, as tests start, kill and restart it. It listens on this machine alone. */
export interface QueueServer extends QueueDatabase {
  /** Starts it again, on the same data. */
  start(): Promise<void>
  kill(): Promise<void>
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

/** A server is up when its port answers, or when it has said so. */
export type Readiness = { readonly port: number } | { readonly isUp: string }

/** A process that serves on a port. */
export class ChildServer {
  private child: ChildProcess | null = null
  private readonly command: string
  private readonly args: readonly string[]
  private readonly options: SpawnOptions
  private readonly ready: Readiness
  private output = ''

  constructor(command: string, args: readonly string[], ready: Readiness, options: SpawnOptions) {
    this.command = command
    this.args = args
    this.options = options
    this.ready = ready
  }

  async start(): Promise<void> {
    const child = spawn(this.command, this.args, { ...this.options, stdio: ['ignore', 'pipe', 'pipe'] })
    this.child = child
    this.output = ''
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text) => (this.output += String(text)))
    while (!(await this.isUp())) {
      if (child.exitCode !== null) throw new Error(`${this.command} has ended: ${this.output.slice(-2000)}`)
      await sleep(30)
    }
  }

  private isUp(): boolean | Promise<boolean> {
    return 'port' in this.ready ? canConnect(this.ready.port) : this.output.includes(this.ready.isUp)
  }

  get pid(): number | undefined {
    return this.child?.pid
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    const { child } = this
    this.child = null
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}

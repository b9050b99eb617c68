import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { PROGRAM, runProgram, type Ended } from '../faults/run-program.ts'
import { runHere } from '../support/run-here.ts'
import type { Report } from '../../src/model/report.ts'

/** A place for runs on a cluster: a root with sources, and the real processes that work on it. */

export interface NodeLine {
  readonly event: string
  readonly time: string
  readonly shard?: number
  readonly msg: string
  readonly [field: string]: unknown
}

/** A process of `migrate worker`. */
export class NodeProcess {
  readonly child: ChildProcess
  readonly lines: NodeLine[] = []
  private text = ''

  constructor(child: ChildProcess) {
    this.child = child
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.text += text
      const complete = this.text.split('\n')
      this.text = complete.pop() ?? ''
      for (const line of complete) this.lines.push(parseLine(line))
    })
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null
  }

  /** Waits until the node has said something. */
  async saw(event: string, isIt: (line: NodeLine) => boolean = () => true): Promise<NodeLine> {
    for (;;) {
      const line = this.lines.find((candidate) => candidate.event === event && isIt(candidate))
      if (line !== undefined) return line
      if (!this.isRunning)
        throw new Error(`the node has ended: ${this.lines.map(({ msg }) => msg).join(' | ')} ${this.text}`)
      await sleep(20)
    }
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name)
  }

  /** @returns the exit code, null where a signal ended it. */
  async end(name: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.isRunning) {
      const exited = once(this.child, 'exit')
      this.child.kill(name)
      await exited
    }
    return this.child.exitCode
  }
}

function parseLine(line: string): NodeLine {
  try {
    return JSON.parse(line) as NodeLine
  } catch {
    return { event: 'text', time: '', msg: line }
  }
}

export interface NodeStart {
  readonly threads?: number
  readonly root?: string
  readonly url?: string
  readonly env?: NodeJS.ProcessEnv
  /** Words before `node`. */
  readonly prefix?: readonly string[]
}

export class ClusterBed {
  readonly folder: string
  readonly source: string
  url: string
  private readonly nodes: NodeProcess[] = []
  private outs = 0

  constructor(folder: string, url: string) {
    this.folder = mkdtempSync(join(folder, 'bed-'))
    this.source = join(this.folder, 'old')
    this.url = url
    mkdirSync(this.source)
  }

  /** What all nodes have said: for tests that fail. */
  said(): string {
    return this.nodes
      .map(({ child, lines }) => `${child.pid}:\n${lines.map(({ time, msg }) => `  ${time} ${msg}`).join('\n')}`)
      .join('\n')
  }

  /** A name for a target tree that no test has used. */
  newOut(): string {
    return join(this.folder, `new-${++this.outs}`)
  }

  startNode(options: NodeStart = {}): NodeProcess {
    const { threads = 1, root = this.folder, url = this.url, env = {}, prefix = [] } = options
    const args = ['worker', '--cluster', url, '--threads', String(threads), '--root', root, '--use-json-log']
    const words = [...prefix, process.execPath, PROGRAM, ...args]
    const child = spawn(words[0] ?? '', words.slice(1), {
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const node = new NodeProcess(child)
    this.nodes.push(node)
    return node
  }

  async startNodes(count: number, options: NodeStart = {}): Promise<NodeProcess[]> {
    const nodes = Array.from({ length: count }, () => this.startNode(options))
    await Promise.all(nodes.map((node) => node.saw('node-joined')))
    return nodes
  }

  /** Runs the coordinator to its end: in this process, unless the caller does something to its own or gives it an environment. */
  coordinate(
    out: string,
    flags: readonly string[] = [],
    onStart?: (child: ChildProcess) => void,
    env?: NodeJS.ProcessEnv,
  ): Promise<Ended> {
    const args = ['--in', this.source, '--out', out, '--to', 'ndjson', '--cluster', this.url, '-v', ...flags]
    if (onStart === undefined && env === undefined) return runHere(args)
    return runProgram(args, { ...(env && { env }), ...(onStart && { onStart }) })
  }

  /** The report that the coordinator left in the target tree. */
  reportOf(out: string, runId: string): Report {
    return JSON.parse(readFileSync(join(out, '.migrate/reports', `${runId}.json`), 'utf8')) as Report
  }

  /** Runs on this machine alone. */
  single(out: string, flags: readonly string[] = []): Promise<Ended> {
    return runHere(['--in', this.source, '--out', out, '--to', 'ndjson', '--threads', '2', ...flags])
  }

  async endNodes(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await Promise.all(this.nodes.splice(0).map((node) => node.end(signal)))
  }

  async remove(): Promise<void> {
    await this.endNodes('SIGKILL')
    rmSync(this.folder, { recursive: true, force: true })
  }
}

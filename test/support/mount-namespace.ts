import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { onTestFinished } from 'vitest'

/** Mounts that only the processes see that are started in it: they are gone with the test. For root, on Linux. */
export class MountNamespace {
  /** Words before a program that is to run in it. */
  readonly prefix: readonly string[]
  private readonly pid: number

  private constructor(pid: number) {
    this.pid = pid
    this.prefix = ['nsenter', `--mount=/proc/${pid}/ns/mnt`]
  }

  /** Why there can be none here; null: there can be. */
  static whyNot(): string | null {
    const script = 'mount -t tmpfs none /proc && exec true'
    const isPossible = spawnSync('unshare', ['--mount', 'sh', '-c', script]).status === 0
    return isPossible ? null : 'no mount can be made in a namespace (unshare --mount, for root on Linux)'
  }

  /** @param mounts a shell command that mounts what is wanted; `$1` and on are the words that follow. */
  static async open(mounts: string, ...words: readonly string[]): Promise<MountNamespace> {
    const script = `{ ${mounts}; } && echo ready && exec sleep 600`
    const holder = spawn('unshare', ['--mount', 'sh', '-ec', script, 'sh', ...words], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    onTestFinished(() => end(holder))
    await Promise.race([once(holder.stdout, 'data'), once(holder, 'exit')])
    if (holder.exitCode !== null || holder.pid === undefined) throw new Error(`these mounts cannot be made: ${mounts}`)
    return new MountNamespace(holder.pid)
  }

  /** What a path leads to in it, for those who are outside. */
  inside(path: string): string {
    return `/proc/${this.pid}/root${path}`
  }
}

async function end(holder: ChildProcess): Promise<void> {
  if (holder.exitCode !== null || holder.signalCode !== null) return
  const exited = once(holder, 'exit')
  holder.kill('SIGKILL')
  await exited
}

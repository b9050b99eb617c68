import type { ChildProcess } from 'node:child_process'
import { statfsSync } from 'node:fs'
import { release } from 'node:os'
import { promisify } from 'node:util'

/*
 * A thousand small files cost a thousand syncs, of 100 us of CPU and more each, where the system could do it with one: syncfs(2). Node has
 * no binding for it, but `sync -f` of the coreutils is nothing else. A process for each call would cost the main thread 3 to 4 ms, for
 * the copy of its page tables; so one shell is started, which waits for a line and then runs `sync -f`.
 *
 * It syncs all that is dirty on the file system, whoever wrote it. Where that is much, it takes long, and single syncs are
 * better for a while. And it must be taken only where it says more than "tried": see `isTrusted`.
 */

/** Below this many files single syncs are as fast. */
const FEWEST_FILES = 24
/** More than single syncs take on a common disk: then there is much on it that is not ours. */
const SLOW_MS_PER_FILE = 4
/** Asked this many times after a slow one before the next try. */
const RESTS_AFTER_SLOW = 8

/** Runs a sync of a whole file system. Resolves to true once all that was written to it before is durable. */
export type SyncEverything = () => Promise<boolean>

/** Syncs many files at once where that is possible and faster. */
export class WholeSync {
  readonly #syncEverything: SyncEverything
  readonly #nowMs: () => number
  #rests = 0
  /** The call before. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(syncEverything: SyncEverything, nowMs = () => performance.now()) {
    this.#syncEverything = syncEverything
    this.#nowMs = nowMs
  }

  /**
   * @param count of files or folders that are to become durable.
   * @returns true where they are. False says nothing: they must then be synced one by one, which also finds the one that failed, for
   * the kernel keeps what went wrong with a file until somebody has asked for it.
   * Callers take turns: a call that failed may have failed by the files of those who wait, and the next one would not be told again.
   */
  async covers(count: number): Promise<boolean> {
    if (count < FEWEST_FILES) return false
    const turn = this.#turn.then(() => this.#tryToCover(count))
    this.#turn = turn
    return turn
  }

  async #tryToCover(count: number): Promise<boolean> {
    if (this.#rests > 0) {
      this.#rests--
      return false
    }
    const startMs = this.#nowMs()
    const isDurable = await this.#syncEverything()
    if (!isDurable || this.#nowMs() - startMs > SLOW_MS_PER_FILE * count) this.#rests = RESTS_AFTER_SLOW
    return isDurable
  }
}

/** `sync -f` in a shell that waits for its next line, started when it is first asked for. */
export class SyncShell {
  readonly #folder: string
  #child: ChildProcess | null = null
  /** Null until it was looked whether its answers can be trusted. */
  #isTrusted: Promise<boolean> | null = null
  #answer: ((isDone: boolean) => void) | null = null

  /** @param folder on the file system that is to be synced. */
  constructor(folder: string) {
    this.#folder = folder
  }

  /** Resolves to false where it cannot be done; never rejects. One call at a time. */
  readonly run: SyncEverything = async () => {
    this.#isTrusted ??= isTrusted(this.#folder)
    if (!(await this.#isTrusted)) return false
    this.#child ??= await this.#start()
    return new Promise((resolve) => {
      this.#answer = resolve
      this.#child?.stdin?.write('\n')
    })
  }

  /** Ends the shell. It also ends by itself when this process does, however it does. */
  close(): void {
    this.#child?.stdin?.end()
    this.#child = null
  }

  async #start(): Promise<ChildProcess> {
    // Loaded when it is needed: a run over a few files does without.
    const { spawn } = await import('node:child_process')
    // A session of its own: Ctrl-C is for the run, which still has files to commit then.
    const child = spawn('sh', ['-c', 'while read -r line; do sync -f "$0"; echo $?; done', this.#folder], {
      stdio: ['pipe', 'pipe', 'ignore'],
      detached: true,
    })
    child.stdout.setEncoding('utf8').on('data', (text: string) => this.#give(text.trim() === '0'))
    child.stdin.on('error', () => {})
    const end = (): void => {
      this.#child = null
      this.#give(false)
    }
    child.on('error', end)
    child.on('close', end)
    // Whoever waits for an answer keeps the process alive by the run that it belongs to.
    child.unref()
    return child
  }

  #give(isDone: boolean): void {
    this.#answer?.(isDone)
    this.#answer = null
  }
}

/** File systems whose syncfs makes data, names and sizes durable, as their fsync does: ext2 to 4, XFS, Btrfs, F2FS. */
const TRUSTED_FILE_SYSTEMS = new Set([0xef53, 0x58465342, 0x9123683e, 0xf2f52010])

/**
 * True where a `sync -f` that ends with 0 means that all is durable: on a file system of the list, by a kernel whose syncfs tells of
 * errors while writing (Linux 5.8), with a program that calls it (others take -f and sync everything without a word on errors).
 */
async function isTrusted(folder: string): Promise<boolean> {
  try {
    const [major = 0, minor = 0] = release().split('.').map(Number)
    if (process.platform !== 'linux' || major < 5 || (major === 5 && minor < 8)) return false
    if (!TRUSTED_FILE_SYSTEMS.has(statfsSync(folder).type)) return false
    const { execFile } = await import('node:child_process')
    const { stdout } = await promisify(execFile)('sync', ['--version'])
    const version = /\(GNU coreutils\) (\d+)\.(\d+)/.exec(stdout)
    return version !== null && Number(version[1]) + Number(version[2]) / 100 >= 8.24
  } catch {
    return false
  }
}

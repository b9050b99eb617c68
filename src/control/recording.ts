import { mkdirSync, openSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { MigrationError, toWireError } from '../errors/migration-error.ts'
import { printableName } from '../errors/printable-name.ts'
import type { ResolvedOptions } from '../options/options.ts'
import type { TaskResult } from '../model/task-result.ts'
import { CpuProfiler, mergeProfiles } from '../report/cpu-profile.ts'
import { TraceLog } from '../report/trace-log.ts'
import type { Executor } from '../schedule/executor.ts'

/** What a run records of itself when it is asked to: a trace of its threads, CPU profiles. */
export class Recording {
  readonly trace: TraceLog | null
  readonly profileFolder: string | null
  readonly #tracePath: string
  readonly #profiler: CpuProfiler | null
  readonly #threadProfiles: string[] = []
  #isFinished = false
  readonly #warnings: { code: string; message: string }[] = []

  /** @throws MigrationError WRONG_USE where something cannot be written: better before the run than after it. */
  constructor({ trace, profile }: Pick<ResolvedOptions, 'trace' | 'profile'>) {
    this.#tracePath = trace ?? ''
    this.profileFolder = profile ?? null
    this.trace = trace === undefined ? null : new TraceLog(openForWriting(trace))
    if (profile !== undefined) refuseUnwritable('--profile', profile, () => mkdirSync(profile, { recursive: true }))
    this.#profiler = profile === undefined ? null : new CpuProfiler()
  }

  /** True where threads are asked to record anything. */
  get isOn(): boolean {
    return this.trace !== null || this.profileFolder !== null
  }

  /** What the pool must be told for it. */
  poolOptions(): {
    readonly isTraced: boolean
    readonly isProfiled: boolean
    readonly onAnswer: (answer: TaskResult) => void
  } {
    return {
      isTraced: this.trace !== null,
      isProfiled: this.profileFolder !== null,
      onAnswer: (answer) => this.#take(answer),
    }
  }

  /** Takes what a thread recorded of its files. */
  #take(answer: TaskResult): void {
    if (this.trace === null) return
    if (answer.kind === 'help' && answer.spans) {
      const { index, threadNumber: thread, spans } = answer
      this.trace.addFile({ index, thread, isConverted: answer.error === null, spans })
    }
    if (answer.kind !== 'convert') return
    for (const { index, isConverted, spans } of answer.files) {
      if (spans) this.trace.addFile({ index, thread: answer.threadNumber, isConverted, spans })
    }
  }

  /** Lets all threads save their profiles. They must be idle, and they end with that. */
  async saveThreadProfiles(pool: Executor): Promise<void> {
    const folder = this.profileFolder
    if (folder === null) return
    await this.#attempt('--profile', async () => {
      this.#threadProfiles.push(...((await pool.saveProfiles?.(folder)) ?? []))
    })
  }

  /** Writes what was recorded, once. @returns what could not be: nothing that would cost the user the report. */
  async finish(pathOf: (index: number) => string): Promise<readonly { code: string; message: string }[]> {
    if (this.#isFinished) return []
    this.#isFinished = true
    const { trace, profileFolder } = this
    const profiler = this.#profiler
    if (trace !== null) await this.#attempt('--trace', () => trace.write(pathOf))
    if (profiler !== null && profileFolder !== null) {
      await this.#attempt('--profile', () => this.#saveMainProfile(profiler, profileFolder))
    }
    return this.#warnings
  }

  async #saveMainProfile(profiler: CpuProfiler, folder: string): Promise<void> {
    const path = join(folder, 'main.cpuprofile')
    await profiler.save(path)
    const threads = this.#threadProfiles.sort().map((name) => ({ name, path: join(folder, `${name}.cpuprofile`) }))
    const merged = mergeProfiles([{ name: 'main', path }, ...threads])
    writeFileSync(join(folder, 'merged.cpuprofile'), JSON.stringify(merged))
  }

  async #attempt(flag: '--trace' | '--profile', write: () => void | Promise<void>): Promise<void> {
    try {
      await write()
    } catch (error) {
      const path = flag === '--trace' ? this.#tracePath : (this.profileFolder ?? '')
      const { code, message } = toWireError(error, { phase: 'write', file: path })
      this.#warnings.push({ code, message: `${flag} ${printableName(path)} is not whole: ${message}` })
    }
  }
}

function openForWriting(path: string): number {
  return refuseUnwritable('--trace', path, () => {
    mkdirSync(dirname(path), { recursive: true })
    return openSync(path, 'w')
  })
}

function refuseUnwritable<Result>(flag: string, path: string, open: () => Result): Result {
  try {
    return open()
  } catch (error) {
    const { message } = toWireError(error, { phase: 'options' })
    throw new MigrationError('WRONG_USE', `${flag} ${printableName(path)} cannot be written: ${message}`, {
      phase: 'options',
      hint: 'name a place that can be written',
    })
  }
}

import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { faultEnvironment, noShimReason } from './fault-shim.ts'
import { expectExit, runProgram, type Ended } from './run-program.ts'
import { runUntilStopped } from './run-until-stopped.ts'
import { expectNothingLeft, listFiles, proofsOf } from './tree-state.ts'

/*
 * A process stands still while it tidies up (SIGSTOP, a laptop that sleeps, a container that is frozen). Its lock is taken over, by a process
 * that cannot see it, and that one works when the first goes on.
 */

vi.setConfig({ testTimeout: 120_000 })

/** As in another container: nobody sees the other's processes. The first process of one cannot be stopped, so that is a shell. */
const ELSEWHERE = ['unshare', '--pid', '--fork', '--mount-proc', 'sh', '-c', '"$@"; exit $?', 'sh']

const reason = noShimReason ?? whyNotElsewhere()
if (reason !== null) console.log(`lost-lock is skipped: ${reason}`)

function whyNotElsewhere(): string | null {
  const [program = '', ...words] = ELSEWHERE
  const isThere = spawnSync(program, [...words, 'true']).status === 0
  return isThere ? null : 'no pid namespace can be made here (unshare, for root only)'
}

const DONE = 0

/** All that is in the bookkeeping, but for the reports of shards: each writes its own, and what it says is true. */
function booksOf(out: string): Record<string, string> {
  const folder = join(out, '.migrate')
  const paths = listFiles(folder).filter((path) => !path.startsWith('reports/'))
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(folder, path), 'latin1')]))
}

function writeSource(source: string, name: string): void {
  writeFileSync(join(source, name), 'a\n1\n')
}

interface Scene {
  readonly source: string
  readonly out: string
  readonly args: readonly string[]
}

/** A tree in which a run was killed behind its first commits: its journal has no end, its manifest claims. */
async function makeScene(flags: readonly string[]): Promise<Scene> {
  const [source, out] = [temporaryFolder(), join(temporaryFolder(), 'out')]
  const args = ['--in', source, '--out', out, '--threads', '1', ...flags]
  for (let index = 0; index < 8; index++) writeSource(source, `${index}.csv`)
  const atItsEnd = { calls: 'write', path: '/journal/', from: 3, times: 1, action: 'kill' } as const
  const killed = await runProgram(args, { env: faultEnvironment(atItsEnd) })
  expect(killed.signal, `it said ${killed.stderr}`).toBe('SIGKILL')
  // The next folder of staged files that goes is the next run's own, at its end.
  rmSync(join(out, '.migrate/staged'), { recursive: true })
  return { source, out, args }
}

interface Told {
  readonly first: Ended
  readonly second: Ended
  readonly before: Record<string, string>
  readonly after: Record<string, string>
}

/** The first stands still at its end until the second has committed; the second goes on when the first has ended. */
async function takeOver({ out, args }: Scene, secondArgs: readonly string[], meanwhile: () => void): Promise<Told> {
  const books = { before: {}, after: {} }
  let second: ReturnType<typeof runUntilStopped> | undefined
  let goOn: (() => void) | undefined
  const firstHasEnded = new Promise<void>((resolve) => (goOn = resolve))
  const first = await runUntilStopped(args, { calls: 'rmdir', path: '/.migrate/staged/' }, () => {
    meanwhile()
    return new Promise((resolve) => {
      const isAtWork = { calls: 'write', path: '/journal/', from: 3 }
      second = runUntilStopped(
        secondArgs,
        isAtWork,
        async () => {
          books.before = booksOf(out)
          resolve()
          await firstHasEnded
        },
        { prefix: ELSEWHERE },
      )
      void second.then(() => resolve())
    })
  })
  books.after = booksOf(out)
  goOn?.()
  const ended = await second!
  expect([first.wasStopped, ended.wasStopped], `they said ${first.stderr}${ended.stderr}`).toEqual([true, true])
  return { first, second: ended, ...books }
}

describe.skipIf(reason !== null)('a process that was held up while it tidied up, and whose lock is taken over', () => {
  it.each([
    ['a run', [], []],
    ['the last of the shards', ['--shard', '1/2'], ['--shard', '2/2']],
  ])(
    '%s: seals, claims and removes nothing any more, says so, and costs the other nothing',
    async (_, firstFlags, secondFlags) => {
      const scene = await makeScene(firstFlags)
      writeSource(scene.source, firstFlags.length === 0 ? 'new.csv' : '0.csv')
      const secondArgs = ['--in', scene.source, '--out', scene.out, '--threads', '1', ...secondFlags, '--unlock']
      const { first, second, before, after } = await takeOver(scene, secondArgs, () => {
        if (firstFlags.length === 0) writeSource(scene.source, 'late.csv')
      })
      expect(first.stderr).toMatch(/^Converted 1 file /)
      expect(first.stderr).toMatch(
        /could not be tidied up; the next run does it: this run .* no longer owns the target tree/,
      )
      expect(after).toEqual(before)
      expectExit(second, DONE)
      expectNothingLeft(scene.out)
      const targets = readdirSync(scene.out).filter((name) => name.endsWith('.ndjson'))
      expect([...(await proofsOf(scene.out)).keys()].sort()).toEqual(targets.sort())
    },
  )
})

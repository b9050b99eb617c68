import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, rmSync, utimes, utimesSync, writeFileSync } from 'node:fs'
import fs from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { acquireLock, type LockHandle, type LockOptions } from '../../src/commit/lock/lock.ts'
import type { LockOwner } from '../../src/commit/lock/lock-file.ts'
import { readOwnIdentity } from '../../src/commit/lock/owner-identity.ts'
import { writeTree } from './staged-files.ts'
import { makeTargetRoot } from './temporary-tree.ts'

// Real syncs on a busy disk take what they take.
vi.setConfig({ testTimeout: 60_000 })

/** Quick, but the same: an owner touches its lock several times while an observer watches. */
const timing = { heartbeatMs: 20, staleMs: 400, dyingMs: 50 }

async function take(root: string, options: Partial<LockOptions> = {}): Promise<LockHandle> {
  const lock = await acquireLock({
    targetRoot: root,
    manifestHash: 'm',
    forceUnlock: false,
    isDurable: true,
    timing,
    ...options,
  })
  onTestFinished(() => lock.release())
  return lock
}

function lockPath(root: string): string {
  return join(root, '.migrate/lock')
}

function readOwner(root: string): LockOwner {
  return JSON.parse(readFileSync(lockPath(root), 'utf8')) as LockOwner
}

/** Leaves a lock as another run would have. */
function writeLock(root: string, changes: Partial<LockOwner>, name = 'lock'): void {
  const owner: LockOwner = { ...readOwnIdentity(), runId: '000001-aaaaaa', manifestHash: 'm', ...changes }
  writeTree(root, { [`.migrate/${name}`]: `${JSON.stringify(owner)}\n` })
}

/** A real process, and its start time as the kernel tells it. */
async function startProcess(): Promise<{ child: ChildProcess; pid: number; processStartTime: string }> {
  const child = spawn(process.execPath, ['-e', 'console.log(1); setInterval(() => {}, 1e6)'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  return { child, pid: child.pid!, processStartTime: readStartTime(child.pid!) }
}

function readStartTime(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]!
}

/** An owner on this host that is surely dead. */
async function killedOwner(): Promise<Pick<LockOwner, 'pid' | 'processStartTime'>> {
  const { child, pid, processStartTime } = await startProcess()
  child.kill('SIGKILL')
  await once(child, 'exit')
  return { pid, processStartTime }
}

/** Touches the lock now and then, as long as it is there, as a live owner on another host does. */
function touchFromElsewhere(root: string): void {
  let beats = 0
  const beat = setInterval(() => utimes(lockPath(root), 1000, 1000 + ++beats, () => {}), timing.heartbeatMs)
  onTestFinished(() => clearInterval(beat))
}

describe('acquireLock', () => {
  it('the lock names its owner exactly, and is gone with the folders made for it when it is released', async () => {
    const parent = makeTargetRoot()
    const root = join(parent, 'new/tree')
    const lock = await take(root, { manifestHash: 'abc' })
    expect(readOwner(root)).toEqual({ ...readOwnIdentity(), runId: lock.runId, manifestHash: 'abc' })
    expect(lock.runId).toMatch(/^000001-[0-9a-f]{6}$/)
    expect(readdirSync(join(root, '.migrate'))).toEqual(['lock'])
    await lock.release()
    await lock.release()
    expect(readdirSync(parent)).toEqual([])
  })

  it('folders made for the lock stay where something is in them by then', async () => {
    const root = join(makeTargetRoot(), 'new')
    const lock = await take(root)
    writeTree(root, { '.migrate/journal/000001-aaaaaa-local.ndjson': '' })
    await lock.release()
    expect(readdirSync(join(root, '.migrate'))).toEqual(['journal'])
  })

  it('a folder that was there before stays, though it is empty', async () => {
    const root = makeTargetRoot()
    await (await take(root)).release()
    expect(readdirSync(root)).toEqual([])
  })

  it('the run gets the number after the last run of the tree', async () => {
    const root = makeTargetRoot()
    writeTree(root, { '.migrate/journal/000041-abcdef-local.ndjson': '' })
    expect((await take(root)).runId).toMatch(/^000042-/)
  })

  it('a run that ended between the look at the numbers and the lock is counted', async () => {
    const root = makeTargetRoot()
    const realLink = fs.link
    const link = vi.spyOn(fs, 'link').mockImplementationOnce((from, to) => {
      writeTree(root, { '.migrate/journal/000001-ffffff-local.ndjson': '' })
      return realLink(from, to)
    })
    onTestFinished(() => link.mockRestore())
    expect((await take(root)).runId).toMatch(/^000002-/)
  })

  it('a second run in the same process is refused', async () => {
    const root = makeTargetRoot()
    const lock = await take(root)
    await expect(take(root)).rejects.toMatchObject({ code: 'RUN_ACTIVE', phase: 'lock' })
    await expect(take(root, { forceUnlock: true })).rejects.toMatchObject({ code: 'RUN_ACTIVE' })
    await lock.assertOwned()
    expect(readdirSync(join(root, '.migrate'))).toEqual(['lock'])
    await lock.release()
    await take(root)
  })

  it('where hard links are not possible it works all the same', async () => {
    const link = vi
      .spyOn(fs, 'link')
      .mockRejectedValue(Object.assign(new Error('EPERM: no links, link'), { code: 'EPERM' }))
    onTestFinished(() => link.mockRestore())
    const root = makeTargetRoot()
    await take(root)
    await expect(take(root)).rejects.toMatchObject({ code: 'RUN_ACTIVE' })
    const other = makeTargetRoot()
    writeLock(other, await killedOwner())
    await take(other)
    expect(link).toHaveBeenCalled()
  })

  it('of many that want a free lock at once exactly one gets it', async () => {
    const root = makeTargetRoot()
    const attempts = await Promise.allSettled(Array.from({ length: 12 }, () => take(root)))
    expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })
})

describe.runIf(process.platform === 'linux')('The lock of a run on the same host', () => {
  it('is respected while its process lives, even with --unlock, and the error says what to do', async () => {
    const root = makeTargetRoot()
    const { pid, processStartTime } = await startProcess()
    writeLock(root, { pid, processStartTime })
    await expect(take(root, { forceUnlock: true })).rejects.toMatchObject({
      code: 'RUN_ACTIVE',
      message: expect.stringContaining(`process ${pid} on host ${readOwnIdentity().host}`) as string,
      hint: expect.stringContaining(`kill ${pid}`) as string,
    })
  })

  it('is taken over at once when its process was killed, also by one that came right after the kill', async () => {
    const root = makeTargetRoot()
    const { child, pid, processStartTime } = await startProcess()
    writeLock(root, { pid, processStartTime })
    const isGone = once(child, 'exit')
    child.kill('SIGKILL')
    const lock = await take(root, { timing: { ...timing, dyingMs: 5000 } })
    await isGone
    expect(readOwner(root).runId).toBe(lock.runId)
    expect(readdirSync(join(root, '.migrate'))).toEqual(['lock'])
  })

  it('is taken over when its process is dead but nobody waited for it', async () => {
    // The second sleep takes the place of the shell and never asks after the first.
    const parent = spawn('sh', ['-c', 'sleep 1000 & echo $!; exec sleep 1000'], { stdio: ['ignore', 'pipe', 'ignore'] })
    onTestFinished(() => void parent.kill('SIGKILL'))
    const [text] = (await once(parent.stdout, 'data')) as [Buffer]
    const pid = Number(text)
    const root = makeTargetRoot()
    writeLock(root, { pid, processStartTime: readStartTime(pid) })
    await expect(take(root)).rejects.toMatchObject({ code: 'RUN_ACTIVE' })
    process.kill(pid, 'SIGKILL')
    await take(root, { timing: { ...timing, dyingMs: 5000 } })
    expect(process.kill(pid, 0)).toBe(true)
  })

  it.each<[string, Partial<LockOwner>]>([
    ['its pid belongs to another process now', { processStartTime: '1' }],
    ['it is of another boot', { bootId: 'another' }],
    ['there is no process 0', { pid: 0 }],
  ])('is taken over at once when %s', async (_, changes) => {
    const root = makeTargetRoot()
    writeLock(root, changes)
    const waited = vi.fn()
    await take(root, { onWaiting: waited })
    expect(waited).not.toHaveBeenCalled()
  })

  it("of many that want a dead owner's lock at once exactly one gets it, however often", async () => {
    const root = makeTargetRoot()
    const dead = await killedOwner()
    for (let round = 0; round < 10; round++) {
      writeLock(root, { ...dead, runId: `000001-aaaaa${round}` })
      const attempts = await Promise.allSettled(Array.from({ length: 8 }, () => take(root)))
      const locks = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []))
      expect(locks).toHaveLength(1)
      await locks[0]!.assertOwned()
      await locks[0]!.release()
      expect(readdirSync(join(root, '.migrate'))).toEqual([])
    }
  })

  it('a taker that died half way is taken over in turn', async () => {
    const root = makeTargetRoot()
    const dead = await killedOwner()
    writeLock(root, dead)
    writeLock(root, { ...dead, runId: '000002-bbbbbb' }, 'lock.takeover-000001-aaaaaa')
    writeLock(root, { ...dead, runId: '000003-cccccc' }, 'lock.takeover-000002-bbbbbb')
    await take(root)
    expect(readdirSync(join(root, '.migrate'))).toEqual(['lock'])
  })

  it('a taker that is alive half way is respected', async () => {
    const root = makeTargetRoot()
    writeLock(root, await killedOwner())
    const { pid, processStartTime } = await startProcess()
    writeLock(root, { pid, processStartTime, runId: '000002-bbbbbb' }, 'lock.takeover-000001-aaaaaa')
    await expect(take(root)).rejects.toMatchObject({ code: 'RUN_ACTIVE' })
    expect(readOwner(root).runId).toBe('000001-aaaaaa')
  })

  it('a taker that wins the right when another is already done withdraws', async () => {
    const root = makeTargetRoot()
    writeLock(root, await killedOwner())
    const { pid, processStartTime } = await startProcess()
    const realLink = fs.link
    const link = vi.spyOn(fs, 'link').mockImplementation(async (from, to) => {
      // Between our look at the lock and our right to it another run takes it over and starts.
      if (String(to).includes('takeover')) writeLock(root, { pid, processStartTime, runId: '000002-bbbbbb' })
      return realLink(from, to)
    })
    onTestFinished(() => link.mockRestore())
    await expect(take(root)).rejects.toMatchObject({ code: 'RUN_ACTIVE' })
    expect(readOwner(root).runId).toBe('000002-bbbbbb')
    expect(readdirSync(join(root, '.migrate'))).toEqual(['lock'])
  })
})

describe('The lock of an owner that cannot be seen from here', () => {
  const owners: [string, Partial<LockOwner>][] = [
    ['on another host', { host: 'elsewhere', pid: process.pid }],
    ['in another pid namespace', { pidNamespace: 'pid:[1]', pid: process.pid }],
    ['without a start time', { processStartTime: null }],
  ]

  it.each(owners)('%s is respected while it is touched, whatever its pid', async (_, changes) => {
    const root = makeTargetRoot()
    writeLock(root, changes)
    touchFromElsewhere(root)
    const waited = vi.fn()
    await expect(take(root, { onWaiting: waited })).rejects.toMatchObject({ code: 'RUN_ACTIVE' })
    expect(waited).toHaveBeenCalledOnce()
  })

  it.each(owners)('%s is taken over when nobody touches it', async (_, changes) => {
    const root = makeTargetRoot()
    writeLock(root, changes)
    const lock = await take(root)
    expect(readOwner(root).runId).toBe(lock.runId)
  })

  it.each(owners)('%s is taken at once with --unlock', async (_, changes) => {
    const root = makeTargetRoot()
    writeLock(root, changes)
    touchFromElsewhere(root)
    const waited = vi.fn()
    await take(root, { forceUnlock: true, onWaiting: waited })
    expect(waited).not.toHaveBeenCalled()
  })

  it('the hint for another host names --unlock, not kill', async () => {
    const root = makeTargetRoot()
    writeLock(root, { host: 'elsewhere' })
    touchFromElsewhere(root)
    await expect(take(root)).rejects.toMatchObject({ hint: expect.stringMatching(/^(?!.*kill).*--unlock/) as string })
  })

  it('this run touches its own lock so that others see it alive', async () => {
    const root = makeTargetRoot()
    await take(root)
    writeLock(root, { ...readOwner(root), host: 'elsewhere' })
    // The file was written in place: it is still this run's, and still touched.
    await expect(take(root)).rejects.toMatchObject({ code: 'RUN_ACTIVE' })
  })

  it('the waiting ends when it is aborted', async () => {
    const root = makeTargetRoot()
    writeLock(root, { host: 'elsewhere' })
    const abort = new AbortController()
    const attempt = take(root, {
      signal: abort.signal,
      onWaiting: () => abort.abort(),
      timing: { ...timing, staleMs: 1e6 },
    })
    await expect(attempt).rejects.toThrow(/abort/i)
    expect(readdirSync(join(root, '.migrate'))).toEqual(['lock'])
  })

  it.each(['', 'not json', '{"host":"h"}'])(
    'a damaged lock (%j) is taken over only when nobody touches it',
    async (text) => {
      const root = makeTargetRoot()
      writeTree(root, { '.migrate/lock': text })
      touchFromElsewhere(root)
      await expect(take(root)).rejects.toMatchObject({ code: 'RUN_ACTIVE' })
      const other = makeTargetRoot()
      writeTree(other, { '.migrate/lock': text })
      await take(other)
    },
  )
})

describe('A run that lost its lock', () => {
  const WAS_REMOVED = /its lock was removed or replaced while it was at work$/
  it.each<[string, (root: string) => void, RegExp]>([
    ['is gone', (root) => rmSync(lockPath(root)), WAS_REMOVED],
    ["is another run's", (root) => writeLock(root, { runId: '000009-ffffff' }), /: run 000009-ffffff does$/],
    ['is unreadable', (root) => writeFileSync(lockPath(root), ''), WAS_REMOVED],
  ])('learns it when the lock %s, says what is known, and leaves it alone', async (_, change, message) => {
    const root = makeTargetRoot()
    const lock = await take(root)
    await lock.assertOwned()
    change(root)
    await expect(lock.assertOwned()).rejects.toMatchObject({
      code: 'LOCK_LOST',
      message: expect.stringMatching(message),
    })
    const before = existsSync(lockPath(root)) ? readFileSync(lockPath(root), 'utf8') : null
    await lock.release()
    expect(existsSync(lockPath(root)) ? readFileSync(lockPath(root), 'utf8') : null).toBe(before)
  })

  it('does not touch the lock of the run that took it over', async () => {
    const root = makeTargetRoot()
    await take(root)
    rmSync(lockPath(root))
    writeLock(root, { host: 'elsewhere', runId: '000009-ffffff' })
    utimesSync(lockPath(root), 1000, 1000)
    await sleep(3 * timing.heartbeatMs)
    expect((await fs.stat(lockPath(root))).mtimeMs).toBe(1_000_000)
  })
})

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, rmSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { joinLock, type JoinOptions } from '../../src/commit/lock/join-lock.ts'
import type { LockMember } from '../../src/commit/lock/lock-members.ts'
import { acquireLock, type LockHandle, type LockOptions } from '../../src/commit/lock/lock.ts'
import { readOwnIdentity } from '../../src/commit/lock/owner-identity.ts'
import { writeTree } from './staged-files.ts'
import { makeTargetRoot } from './temporary-tree.ts'

// Real syncs on a busy disk take what they take.
vi.setConfig({ testTimeout: 60_000 })

/** Quick, but the same: a member touches its file several times while an observer watches. */
const timing = { heartbeatMs: 20, staleMs: 400, dyingMs: 50 }

const RULES = { manifestHash: 'm', forceUnlock: false, isDurable: false, timing }

async function joinAs(root: string, part: string, options: Partial<JoinOptions> = {}): Promise<LockHandle> {
  const lock = await joinLock({
    ...RULES,
    targetRoot: root,
    division: '3 shards',
    part,
    onJoined: async () => {},
    ...options,
  })
  onTestFinished(() => lock.release())
  return lock
}

async function takeAlone(root: string, options: Partial<LockOptions> = {}): Promise<LockHandle> {
  const lock = await acquireLock({ ...RULES, targetRoot: root, ...options })
  onTestFinished(() => lock.release())
  return lock
}

function lockFiles(root: string): string[] {
  const folder = join(root, '.migrate')
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.startsWith('lock'))
    .sort()
}

function memberPath(root: string, runId = '000001-aaaaaa'): string {
  return join(root, `.migrate/lock.members/${runId}.json`)
}

/** Leaves the file of a member as another shard would have. */
function writeMember(root: string, changes: Partial<LockMember>): void {
  const member: LockMember = {
    ...readOwnIdentity(),
    runId: '000001-aaaaaa',
    manifestHash: 'm',
    division: '3 shards',
    part: 'shard 1',
    ...changes,
  }
  writeTree(root, { [`.migrate/lock.members/${member.runId}.json`]: `${JSON.stringify(member)}\n` })
}

const ELSEWHERE = { host: 'elsewhere', bootId: 'other-boot', pid: 1, processStartTime: '1' }

/** A process of this host that is surely dead. */
async function killedOwner(): Promise<Pick<LockMember, 'pid' | 'processStartTime'>> {
  const child = spawn(process.execPath, ['-e', 'console.log(1); setInterval(() => {}, 1e6)'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  await once(child.stdout, 'data')
  const stat = readFileSync(`/proc/${child.pid}/stat`, 'latin1')
  child.kill('SIGKILL')
  await once(child, 'exit')
  return { pid: child.pid ?? 0, processStartTime: stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null }
}

/** Touches the member's file now and then, as a live one on another host does. */
function touchFromElsewhere(root: string): void {
  let beats = 0
  const beat = setInterval(() => {
    if (existsSync(memberPath(root))) utimesSync(memberPath(root), 1000, 1000 + ++beats)
  }, timing.heartbeatMs)
  onTestFinished(() => clearInterval(beat))
}

describe('shards of one manifest', () => {
  it('share the tree under run ids of their own, and leave nothing behind', async () => {
    const root = join(makeTargetRoot(), 'tree')
    const seen: [string, string[]][] = []
    const note = async (runId: string, others: ReadonlySet<string>) => void seen.push([runId, [...others].sort()])
    const locks = [
      await joinAs(root, 'shard 1', { onJoined: note }),
      await joinAs(root, 'shard 2', { onJoined: note }),
      await joinAs(root, 'shard 3', { onJoined: note }),
    ]
    const ids = locks.map((lock) => lock.runId)
    expect(ids.map((id) => id.slice(0, 6))).toEqual(['000001', '000002', '000003'])
    expect(seen).toEqual([
      [ids[0], []],
      [ids[1], [ids[0]]],
      [ids[2], [ids[0], ids[1]]],
    ])
    expect(lockFiles(root)).toEqual(['lock.members', ...ids.map((id) => `lock.members/${id}.json`)])
    for (const lock of locks) await lock.assertOwned()
    for (const lock of locks) await lock.release()
    expect(lockFiles(root)).toEqual([])
  })

  it('may all join at the same moment', async () => {
    const root = join(makeTargetRoot(), 'tree')
    const parts = Array.from({ length: 12 }, (_, index) => `shard ${index + 1}`)
    const locks = await Promise.all(parts.map((part) => joinAs(root, part)))
    expect(new Set(locks.map((lock) => lock.runId.slice(0, 6))).size).toBe(parts.length)
    await Promise.all(locks.map((lock) => lock.finish(async () => {})))
    expect(lockFiles(root)).toEqual([])
  })

  it('hear at their end who is still at work; exactly one hears that it is the last', async () => {
    const root = makeTargetRoot()
    const locks = await Promise.all(['shard 1', 'shard 2', 'shard 3'].map((part) => joinAs(root, part)))
    const counts: number[] = []
    await Promise.all(locks.map((lock) => lock.finish(async (others) => void counts.push(others.size))))
    expect(counts).toEqual([2, 1, 0])
  })

  it('are refused where the same shard is at work, or another division', async () => {
    const root = makeTargetRoot()
    await joinAs(root, 'shard 1')
    await expect(joinAs(root, 'shard 1')).rejects.toMatchObject({
      code: 'RUN_ACTIVE',
      message: expect.stringMatching(/^shard 1 of 3 shards \(run 000001-\w+, process \d+ on host .+\) is working/),
    })
    await expect(joinAs(root, 'shard 2', { division: '4 shards' })).rejects.toMatchObject({ code: 'RUN_ACTIVE' })
    await joinAs(root, 'shard 2')
  })

  it('keep out other plans, and runs of the same plan that work alone', async () => {
    const root = makeTargetRoot()
    const lock = await joinAs(root, 'shard 1')
    await expect(joinAs(root, 'shard 2', { manifestHash: 'other' })).rejects.toMatchObject({ code: 'RUN_ACTIVE' })
    await expect(takeAlone(root)).rejects.toMatchObject({ code: 'RUN_ACTIVE' })
    await expect(takeAlone(root, { forceUnlock: true })).rejects.toMatchObject({ code: 'RUN_ACTIVE' })
    await lock.assertOwned()
    await lock.release()
    await takeAlone(root, { manifestHash: 'other' })
  })

  it('are kept out by a run that works alone, of whatever plan', async () => {
    const root = makeTargetRoot()
    const lock = await takeAlone(root)
    await expect(joinAs(root, 'shard 1')).rejects.toMatchObject({ code: 'RUN_ACTIVE' })
    await lock.release()
    await joinAs(root, 'shard 1')
  })

  it('notice that their membership was taken away', async () => {
    const root = makeTargetRoot()
    const lock = await joinAs(root, 'shard 1')
    rmSync(memberPath(root, lock.runId))
    await expect(lock.assertOwned()).rejects.toMatchObject({ code: 'LOCK_LOST' })
    await expect(lock.finish(async () => {})).rejects.toMatchObject({ code: 'LOCK_LOST' })
  })

  it('leave no trace where the tidying up fails', async () => {
    const root = makeTargetRoot()
    await expect(joinAs(root, 'shard 1', { onJoined: () => Promise.reject(new Error('no')) })).rejects.toThrow('no')
    expect(lockFiles(root)).toEqual([])
  })
})

describe('a member that is dead', () => {
  it('is removed by the next one, of whatever plan, with what it left on its way in', async () => {
    for (const newcomer of [
      (root: string) => joinAs(root, 'shard 1'),
      (root: string) => joinAs(root, 'shard 2', { manifestHash: 'other' }),
      (root: string) => takeAlone(root),
    ]) {
      const root = makeTargetRoot()
      const dead = await killedOwner()
      writeMember(root, dead)
      const gate = { ...readOwnIdentity(), ...dead, runId: '000002-bbbbbb', manifestHash: 'm', purpose: 'gate' }
      writeTree(root, {
        '.migrate/lock': `${JSON.stringify(gate)}\n`,
        '.migrate/lock.try-000002-bbbbbb-member': 'half a mem',
        '.migrate/lock.takeover-000001-cccccc': `${JSON.stringify(gate)}\n`,
      })
      const lock = await newcomer(root)
      expect(existsSync(memberPath(root))).toBe(false)
      await lock.release()
      expect(lockFiles(root)).toEqual([])
    }
  })

  it('counts its number: no later run gets the same', async () => {
    const root = makeTargetRoot()
    writeMember(root, { ...ELSEWHERE, runId: '000041-aaaaaa', part: 'shard 3' })
    expect((await joinAs(root, 'shard 1')).runId).toMatch(/^000042-/)
  })
})

describe('a member that cannot be seen from here', () => {
  it('is no obstacle to other shards of its plan, who spare what is its', async () => {
    const root = makeTargetRoot()
    writeMember(root, ELSEWHERE)
    const others: string[] = []
    const lock = await joinAs(root, 'shard 2', { onJoined: async (_, live) => void others.push(...live) })
    expect(others).toEqual(['000001-aaaaaa'])
    await lock.finish(async (live) => expect([...live]).toEqual(['000001-aaaaaa']))
    expect(lockFiles(root)).toEqual(['lock.members', 'lock.members/000001-aaaaaa.json'])
  })

  it('keeps its own shard and other plans out while it gives signs of life', async () => {
    const root = makeTargetRoot()
    writeMember(root, ELSEWHERE)
    touchFromElsewhere(root)
    await expect(joinAs(root, 'shard 1')).rejects.toMatchObject({ code: 'RUN_ACTIVE' })
    await expect(takeAlone(root)).rejects.toMatchObject({
      code: 'RUN_ACTIVE',
      hint: expect.stringContaining('--unlock'),
    })
  })

  it('is taken for dead after a long silence, or at once with --unlock', async () => {
    for (const forceUnlock of [false, true]) {
      const root = makeTargetRoot()
      writeMember(root, ELSEWHERE)
      const waitedFor: string[] = []
      const onWaiting = ({ host }: { host: string }) => void waitedFor.push(host)
      await joinAs(root, 'shard 1', { forceUnlock, onWaiting })
      expect(existsSync(memberPath(root))).toBe(false)
      expect(waitedFor).toEqual(forceUnlock ? [] : ['elsewhere'])
    }
  })
})

describe('a file among the members that cannot be read', () => {
  const texts: [string, string][] = [
    ['000001-aaaaaa.json', ''],
    ['000001-aaaaaa.json', '{"host":"a"}'],
    ['000001-aaaaaa.json', '{"host":"a",'],
    ['what is this', 'no'],
  ]

  it.each(texts)('(%s: %j) counts as alive for everybody, and goes with --unlock', async (name, text) => {
    const root = makeTargetRoot()
    writeTree(root, { [`.migrate/lock.members/${name}`]: text })
    const refusal = {
      code: 'RUN_ACTIVE',
      message: expect.stringContaining(join('lock.members', name)),
      hint: expect.stringContaining('--unlock'),
    }
    await expect(joinAs(root, 'shard 2')).rejects.toMatchObject(refusal)
    await expect(takeAlone(root)).rejects.toMatchObject(refusal)
    expect(lockFiles(root)).toEqual(['lock.members', `lock.members/${name}`])
    await joinAs(root, 'shard 2', { forceUnlock: true })
    expect(existsSync(join(root, '.migrate/lock.members', name))).toBe(false)
  })
})

import type { ChildProcess } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { expectExit, type Ended } from '../faults/run-program.ts'
import { seededRandom, writeSources } from '../faults/source-tree.ts'
import { contentsOf, expectGold, expectNothingLeft } from '../faults/tree-state.ts'
import type { ClusterBed, NodeProcess } from './cluster-bed.ts'
import type { ClusterSuite } from './cluster-suite.ts'

/** What is done to a cluster, and what must hold afterwards: the same for every server. */

/** Slow enough that something can be killed in the middle. */
export const SLOW = ['--bwlimit', '2M', '--shard-files', '40']

export type Gold = Readonly<Record<string, string>>

/** Some hundred small files, some of them with rejects, and some larger ones. @returns what one machine makes of them. */
export async function prepareSources(bed: ClusterBed, fileCount = 400): Promise<Gold> {
  writeSources(bed.source, {
    fileCount,
    sizeBytes: (index) => (index % 50 === 7 ? 300_000 : 2000 + ((index * 7919) % 9000)),
  })
  const out = bed.newOut()
  expectExit(await bed.single(out), SOME_REJECTED)
  return contentsOf(out)
}

/** All sources of the tests have rejects. */
export const SOME_REJECTED = 12

export async function expectWhole(out: string, gold: Gold, ended: Ended, fileCount: number): Promise<void> {
  expectExit(ended, SOME_REJECTED)
  expect(ended.stderr).toContain(`Converted ${fileCount} file`)
  await expectGold(out, gold, ended.stderr)
  expectNothingLeft(out)
}

export function countTargets(gold: Gold): number {
  return Object.keys(gold).filter((path) => !path.startsWith('.migrate')).length
}

/** Kills a node in the middle of a shard; others do what it left. @returns milliseconds until another one had its shard. */
export async function expectNodeMayDie({ bed, gold }: ClusterSuite): Promise<number> {
  const [victim, ...others] = await bed.startNodes(3)
  const out = bed.newOut()
  let recoveryMs = 0
  const running = bed.coordinate(out, SLOW)
  const { shard } = await victim!.saw('node-shard-started')
  await sleep(300)
  const taken = others.map((node) => node.lines.length)
  const killedMs = Date.now()
  await victim!.end('SIGKILL')
  const another = await Promise.race(
    others.map((node, index) =>
      node.saw('node-shard-started', (line) => line.shard === shard && node.lines.indexOf(line) >= taken[index]!),
    ),
  )
  recoveryMs = Date.parse(another.time) - killedMs
  await expectWhole(out, gold, await running, countTargets(gold))
  await bed.endNodes()
  return recoveryMs
}

/** Kills the server of the queue, and starts it again after a while. */
export async function expectServerMayDie({ bed, gold, server }: ClusterSuite, downMs: number): Promise<void> {
  const [first] = await bed.startNodes(3)
  const out = bed.newOut()
  const running = bed.coordinate(out, SLOW)
  await first!.saw('node-shard-started')
  await sleep(500)
  await server.kill()
  await sleep(downMs)
  await server.start()
  await expectWhole(out, gold, await running, countTargets(gold))
  await bed.endNodes()
}

/** Kills the coordinator; the nodes go on; the same command again goes on with the same plan. */
export async function expectCoordinatorMayDie({ bed, gold }: ClusterSuite): Promise<void> {
  const [first] = await bed.startNodes(2)
  const out = bed.newOut()
  let started: ChildProcess | undefined
  const dead = bed.coordinate(out, SLOW, (child) => (started = child))
  await first!.saw('node-shard-started')
  await sleep(700)
  started?.kill('SIGKILL')
  expect((await dead).signal).toBe('SIGKILL')
  await sleep(500)
  const ended = await bed.coordinate(out, SLOW)
  expect(ended.stderr).toContain('going on with the plan of run')
  await expectWhole(out, gold, ended, countTargets(gold))
  await bed.endNodes()
}

/** Stops a node for longer than its locks hold, and lets it go on: whatever it had in work, others have done. */
export async function expectZombieLoses({ bed, gold }: ClusterSuite): Promise<void> {
  const [victim] = await bed.startNodes(3)
  const out = bed.newOut()
  const running = bed.coordinate(out, SLOW)
  await victim!.saw('node-shard-started')
  await sleep(300)
  victim!.signal('SIGSTOP')
  const ended = await running
  victim!.signal('SIGCONT')
  await expectWhole(out, gold, ended, countTargets(gold))
  await sleep(3000)
  // What it still had in its hands is in nobody's way.
  await expectGold(out, gold, 'after the zombie')
  expectNothingLeft(out)
  expect(victim!.isRunning).toBe(true)
  await bed.endNodes()
}

/** Two coordinators with one plan: one leads, the other waits, and takes its place when it dies. */
export async function expectOneCoordinator({ bed, gold }: ClusterSuite): Promise<void> {
  const [first] = await bed.startNodes(2)
  const out = bed.newOut()
  let started: ChildProcess | undefined
  const leader = bed.coordinate(out, SLOW, (child) => (started = child))
  await first!.saw('node-shard-started')
  let tellWaiting: (() => void) | undefined
  const isWaiting = new Promise<void>((resolve) => (tellWaiting = resolve))
  let said = ''
  const second = bed.coordinate(out, SLOW, (child) =>
    child.stderr?.on('data', (text) => {
      said += String(text)
      if (said.includes('another coordinator')) tellWaiting?.()
    }),
  )
  await Promise.race([isWaiting, leader])
  started?.kill('SIGKILL')
  expect((await leader).signal).toBe('SIGKILL')
  const ended = await second
  expect(ended.stderr).toContain('another coordinator')
  await expectWhole(out, gold, ended, countTargets(gold))
  await bed.endNodes()
}

/** `--force` over a finished tree, and a source that changed between two runs. */
export async function expectRunsAgain({ bed, gold }: ClusterSuite): Promise<void> {
  await bed.startNodes(2)
  const out = bed.newOut()
  await expectWhole(out, gold, await bed.coordinate(out), countTargets(gold))
  const nothing = await bed.coordinate(out)
  expect(nothing.stderr).toContain('already done')
  await expectWhole(out, gold, await bed.coordinate(out, ['--force']), countTargets(gold))
  appendFileSync(join(bed.source, 'file-1.ndjson'), '{"id":"one more"}\n')
  const ended = await bed.coordinate(out)
  expect(ended.stderr).toContain('Converted 1 file ')
  const single = bed.newOut()
  await bed.single(single)
  expect(contentsOf(out)).toEqual(contentsOf(single))
  await bed.endNodes()
}

/** Everything at once, at random: what a long night does to a cluster. */
export async function expectSurvivesKills({ bed, gold, server }: ClusterSuite, seed: number): Promise<string> {
  const random = seededRandom(seed)
  const pick = (count: number): number => Math.floor(random() * count)
  const nodes: NodeProcess[] = await bed.startNodes(3)
  const out = bed.newOut()
  const done: string[] = []
  let child: { kill(signal: NodeJS.Signals): boolean } | undefined
  const start = (): Promise<Ended> => bed.coordinate(out, SLOW, (started) => (child = started))
  let running = start()
  let isOver = false
  void running.then(() => (isOver = true))
  for (let blow = 0; blow < 3 && !isOver; blow++) {
    await sleep(200 + random() * 1500)
    if (isOver) break
    const what = pick(4)
    if (what === 0) {
      const victim = nodes.splice(pick(nodes.length), 1)[0]
      await victim?.end('SIGKILL')
      nodes.push(...(await bed.startNodes(1)))
      done.push('node killed')
    } else if (what === 1) {
      const victim = nodes[pick(nodes.length)]
      victim?.signal('SIGSTOP')
      setTimeout(() => victim?.signal('SIGCONT'), 16_000 + random() * 3000)
      done.push('node stopped for more than 16 s')
    } else if (what === 2) {
      await server.kill()
      await sleep(random() * 3000)
      await server.start()
      done.push('server killed')
    } else {
      child?.kill('SIGKILL')
      const dead = await running
      isOver = false
      if (dead.signal !== 'SIGKILL') {
        running = Promise.resolve(dead)
        break
      }
      await sleep(random() * 1000)
      running = start()
      void running.then(() => (isOver = true))
      done.push('coordinator killed')
    }
  }
  const ended = await running
  await expectWhole(out, gold, ended, countTargets(gold))
  for (const node of nodes) node.signal('SIGCONT')
  await bed.endNodes('SIGKILL')
  return done.join(', ')
}

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { RunWatch } from '../../../src/cli/dashboard/run-watch.ts'
import type { ClusterState, RunState } from '../../../src/control/coordinator/cluster-state.ts'
import { clusterReport, GENERATION, NOW, sampleRun, sampleState } from './sample-view.ts'

const stateWith = (run: Partial<RunState>, more: Partial<ClusterState> = {}): ClusterState =>
  sampleState({ runs: [sampleRun(run)], atMs: Date.now(), ...more })

describe('the watch over a run', () => {
  let answer: () => Promise<ClusterState>
  let watch: RunWatch
  beforeEach(async () => {
    vi.useFakeTimers({ now: NOW })
    answer = async () => stateWith({})
    watch = new RunWatch({
      readState: () => answer(),
      findReport: () => clusterReport(),
      readReason: () => 'ECONNREFUSED',
    })
    await watch.start()
  })
  afterEach(() => {
    watch.stop()
    vi.useRealTimers()
  })

  it('looks once a second, and knows the course of the run that nobody has asked for', async () => {
    await vi.advanceTimersByTimeAsync(5000)
    const { seconds, megabytesPerSecond } = watch.view().course.rates()
    expect(seconds).toEqual([19.8, 20.8, 21.8, 22.8, 23.8, 24.8])
    expect(new Set(megabytesPerSecond)).toEqual(new Set([85]))
    expect(watch.view().course.bytesPerMs).toBe(85_000)
  })

  it('keeps the last figures of a server that does not answer, asks it no second question, and says when it is back', async () => {
    let asked = 0
    const waiting: (() => void)[] = []
    answer = () => {
      asked++
      return new Promise((resolve) => {
        waiting.push(() => resolve(stateWith({ done: { files: 130, bytes: 1.3e9 } })))
      })
    }
    await vi.advanceTimersByTimeAsync(60_000)
    expect(asked).toBe(1)
    expect(watch.view().away).toEqual({ sinceMs: NOW + 1000, reason: 'ECONNREFUSED' })
    expect(watch.view().run?.done.bytes).toBe(1.2e9)
    waiting[0]?.()
    await vi.advanceTimersByTimeAsync(0)
    expect(watch.view().away).toBeNull()
    expect(watch.view().run?.done.bytes).toBe(1.3e9)
  })

  it('says why where the server answers with an error', async () => {
    answer = async () => {
      throw new Error('READONLY')
    }
    await vi.advanceTimersByTimeAsync(1000)
    expect(watch.view().away?.reason).toBe('READONLY')
  })

  it('does not go back for the moment between the node and the coordinator, but does where a node has died', async () => {
    const bytes: (number | undefined)[] = []
    answer = async () => stateWith({ done: { files: 60, bytes: 0.6e9 } })
    for (let second = 0; second < 4; second++) {
      await vi.advanceTimersByTimeAsync(1000)
      bytes.push(watch.view().run?.done.bytes)
    }
    expect(bytes).toEqual([1.2e9, 1.2e9, 0.6e9, 0.6e9])
  })

  it('shows the report when the run has ended, and a newer run as soon as it is there', async () => {
    answer = async () => stateWith({ state: 'ended' })
    await vi.advanceTimersByTimeAsync(1000)
    expect(watch.view().report?.runId).toBe(GENERATION)
    const newer = sampleRun({ runId: '000008-aaaaaa', generation: '000008-aaaaaa', done: { files: 0, bytes: 0 } })
    answer = async () => sampleState({ runs: [newer, sampleRun({ state: 'ended' })], atMs: Date.now() })
    await vi.advanceTimersByTimeAsync(1000)
    expect(watch.view()).toMatchObject({ run: { runId: '000008-aaaaaa' }, report: null })
    expect(watch.view().course.rates().seconds).toHaveLength(1)
  })
})

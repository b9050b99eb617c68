import { describe, expect, it } from 'vitest'
import type { MigrateEvent } from '../../src/model/events.ts'
import { buildDataPlan } from '../../src/plan/build-data-plan.ts'
import { StopSwitch } from '../../src/schedule/stop-switch.ts'
import { ThreadPool } from '../../src/schedule/thread-pool.ts'
import { optionsOf } from '../plan/options-of.ts'
import { csvTask } from '../support/csv-task.ts'

/** A switch, with what it told. */
function makeSwitch(signal?: AbortSignal): { stop: StopSwitch; told: string[] } {
  const told: string[] = []
  const onEvent = (event: MigrateEvent): void => void (event.type === 'stopping' && told.push(event.reason))
  return { stop: new StopSwitch({ onEvent, ...(signal === undefined ? {} : { signal }) }), told }
}

describe('StopSwitch', () => {
  it('keeps the first reason and tells it once', () => {
    const { stop, told } = makeSwitch()
    expect(stop.reason).toBe(null)
    stop.halt('soon')
    stop.stop('fatal')
    expect([stop.reason, told]).toEqual(['halt', ['halt']])
    stop.disarm()
  })

  it.each([
    ['SIGINT', 'SIGINT'],
    ['SIGTERM', 'SIGTERM'],
    ['SIGHUP', 'SIGHUP'],
    [new Error('whatever'), 'abort'],
    [undefined, 'abort'],
  ])('takes the name of a process signal from the reason of an AbortSignal: %s is %s', (reason, expected) => {
    const controller = new AbortController()
    const { stop, told } = makeSwitch(controller.signal)
    controller.abort(reason)
    expect([stop.reason, told]).toEqual([expected, [expected]])
    stop.disarm()
  })

  it('stops at once where the signal came before it', () => {
    const { stop } = makeSwitch(AbortSignal.abort('SIGINT'))
    expect(stop.reason).toBe('SIGINT')
    stop.disarm()
  })

  it('hears nothing once it is disarmed', () => {
    const controller = new AbortController()
    const { stop } = makeSwitch(controller.signal)
    stop.disarm()
    controller.abort()
    expect(stop.reason).toBe(null)
  })

  it('makes the threads of its pool stop, also those of a pool that it gets later', async () => {
    const { stop } = makeSwitch()
    stop.stop('abort')
    const pool = new ThreadPool({ plan: buildDataPlan(optionsOf(), 'ndjson'), threads: 1 })
    stop.control(pool)
    const result = await pool.run({ kind: 'convert', files: [csvTask()] })
    expect(result).toMatchObject({ files: [{ isConverted: false, error: { code: 'STOPPED' } }] })
    await pool.destroy()
    stop.disarm()
  })
})

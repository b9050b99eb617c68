import { describe, expect, it } from 'vitest'
import { parseClusterUrl, redact } from '../../src/cluster/queue/cluster-url.ts'
import { SelfFence } from '../../src/cluster/self-fence.ts'
import { TurnGate } from '../../src/cluster/turn-gate.ts'

describe('the URL of a queue', () => {
  it('is shown without what may be a secret', () => {
    const server = parseClusterUrl('postgres://me:p%40ss%20word@db.example:5432/drover?password=other')
    expect(server.shown).toBe('postgres://db.example:5432/drover')
    const said = redact(server, `no entry for "p@ss word", nor p%40ss%20word or other, at ${server.url}`)
    expect(said).not.toMatch(/p@ss|p%40ss|other/)
  })
  it.each(['http://x', 'queue.example', 'redis://'])('is refused: %s', (text) => {
    expect(() => parseClusterUrl(text)).toThrow(/--cluster/)
  })
})

describe('the fence of a node', () => {
  it('gives a job up, once, when its lock was not renewed for 0.8 of its time', () => {
    let nowMs = 0
    const lost: string[] = []
    const fence = new SelfFence({ onLost: (id) => lost.push(id), nowMs: () => nowMs, lockMs: 1000 })
    fence.take('a')
    fence.take('b')
    nowMs = 700
    fence.renewed(['b', 'unknown'])
    nowMs = 801
    fence.check()
    fence.check()
    expect(lost).toEqual(['a'])
    expect(() => fence.assertHeld('a')).toThrow('could not be reached')
    expect(() => fence.assertHeld('b')).not.toThrow()
    fence.stop()
  })
})

describe('the gate of a node', () => {
  it('lets many in together, or one alone, in the order of coming', async () => {
    const gate = new TurnGate()
    const seen: string[] = []
    const enter = async (name: string, isAlone: boolean): Promise<() => void> => {
      const leave = await gate.enter(isAlone, new AbortController().signal)
      seen.push(name)
      return () => leave?.()
    }
    const [first, second] = await Promise.all([enter('first', false), enter('second', false)])
    const alone = enter('alone', true)
    const last = enter('last', false)
    first()
    await Promise.resolve()
    expect(seen).toEqual(['first', 'second'])
    second()
    const leaveAlone = await alone
    expect(seen).toEqual(['first', 'second', 'alone'])
    leaveAlone()
    await last
    expect(seen).toEqual(['first', 'second', 'alone', 'last'])
  })

  it('ends the waiting of one who must be alone by a signal, and lets in who waits behind', async () => {
    const gate = new TurnGate()
    const never = new AbortController().signal
    expect(await gate.enter(false, never)).not.toBeNull()
    const stop = new AbortController()
    const alone = gate.enter(true, stop.signal)
    const behind = gate.enter(false, never)
    stop.abort()
    expect(await alone).toBeNull()
    expect(await behind).not.toBeNull()
  })
})

// Covers: Who may go on with a plan, and in which order.
import { expect, it } from 'vitest'
import { KeyedMutex } from '../../src/cluster/keyed-mutex.ts'

const never = new AbortController().signal

it('lets one after the other of a plan go on, in the order of coming', async () => {
  const mutex = new KeyedMutex()
  const order: number[] = []
  const work = async (number: number): Promise<void> => {
    const letGo = await mutex.take('plan', never)
    order.push(number)
    await new Promise((resolve) => setImmediate(resolve))
    order.push(number)
    letGo?.()
    letGo?.()
  }
  await Promise.all([work(1), work(2), work(3)])
  expect(order).toEqual([1, 1, 2, 2, 3, 3])
})

it('lets no plan wait for another', async () => {
  const mutex = new KeyedMutex()
  expect(await mutex.take('a large one', never)).not.toBeNull()
  expect(await mutex.take('a small one', never)).not.toBeNull()
})

it('ends the waiting by a signal, at once, and those behind keep their places', async () => {
  const mutex = new KeyedMutex()
  const first = await mutex.take('plan', never)
  const stop = new AbortController()
  const second = mutex.take('plan', stop.signal)
  const third = mutex.take('plan', never)
  stop.abort()
  expect(await second).toBeNull()
  expect(await mutex.take('plan', stop.signal)).toBeNull()
  first?.()
  expect(await third).not.toBeNull()
})

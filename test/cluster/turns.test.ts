import { expect, it } from 'vitest'
import { Turns } from '../../src/cluster/turns.ts'

it('lets one after the other go on, in the order of coming', async () => {
  const turns = new Turns()
  const order: number[] = []
  const work = async (number: number): Promise<void> => {
    const letGo = await turns.take()
    order.push(number)
    await new Promise((resolve) => setImmediate(resolve))
    order.push(number)
    letGo()
    letGo()
  }
  await Promise.all([work(1), work(2), work(3)])
  expect(order).toEqual([1, 1, 2, 2, 3, 3])
})

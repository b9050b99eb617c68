import { describe, expect, it } from 'vitest'
import { andThen, atOnce, ending, isPromise, recovering, type Answer } from '../../src/storage/answer.ts'

const later = <Value>(value: Value): Promise<Value> => Promise.resolve(value)
const fail = (): never => {
  throw new Error('work')
}

const answerOf = <Value>(when: string, make: () => Value): Answer<Value> =>
  when === 'later' ? later(null).then(make) : make()

describe.each([
  ['at once', 'at once', false],
  ['later', 'at once', true],
  ['at once', 'later', true],
  ['later', 'later', true],
])('work that answers %s, whose end answers %s', (work, end, isLater) => {
  it('ends before it is answered', async () => {
    const steps: string[] = []
    const answer = ending(
      () => answerOf(work, () => steps.push('work')),
      () => answerOf(end, () => void steps.push('end')),
    )
    expect(isPromise(answer)).toBe(isLater)
    expect(await answer).toBe(1)
    expect(steps).toEqual(['work', 'end'])
  })

  it('ends before it fails', async () => {
    const steps: string[] = []
    const failing = async (): Promise<unknown> =>
      ending(
        () => answerOf(work, fail),
        () => answerOf(end, () => void steps.push('end')),
      )
    await expect(failing()).rejects.toThrow('work')
    expect(steps).toEqual(['end'])
  })
})

it('an answer is gone on with at once where it is there', () => {
  expect(andThen(1, (value) => value + 1)).toBe(2)
  expect(recovering(fail, () => 'recovered')).toBe('recovered')
  expect(() => ending(fail, () => {})).toThrow('work')
  expect(atOnce(1)).toBe(1)
  expect(() => atOnce(later(1))).toThrow('has answered later')
})

it('an answer that comes later is gone on with then', async () => {
  await expect(andThen(later(1), (value) => value + 1)).resolves.toBe(2)
  await expect(
    recovering(
      async () => fail(),
      () => 'recovered',
    ),
  ).resolves.toBe('recovered')
})

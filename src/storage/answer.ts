/** What a storage says: local files at once, others later. Whoever asks waits only where there is something to wait for. */
export type Answer<Value> = Value | Promise<Value>

export function isPromise<Value>(answer: Answer<Value>): answer is Promise<Value> {
  return answer instanceof Promise
}

/** Goes on with an answer: at once where it is there. Not named `then`: a module that exports one is taken for a promise by `import()`. */
export function andThen<Value, Result>(answer: Answer<Value>, goOn: (value: Value) => Answer<Result>): Answer<Result> {
  return answer instanceof Promise ? answer.then(goOn) : goOn(answer)
}

/** Does something when the work has ended, whichever way it ended, and waits for that too. */
export function ending<Value>(work: () => Answer<Value>, end: () => Answer<void>): Answer<Value> {
  let answer: Answer<Value>
  try {
    answer = work()
  } catch (error) {
    return andThen(end(), () => {
      throw error
    })
  }
  if (answer instanceof Promise) return endingLater(answer, end)
  const ended = end()
  return ended instanceof Promise ? ended.then(() => answer) : answer
}

async function endingLater<Value>(answer: Promise<Value>, end: () => Answer<void>): Promise<Value> {
  try {
    return await answer
  } finally {
    await end()
  }
}

/** Goes on with what went wrong, as `catch` does. */
export function recovering<Value>(
  work: () => Answer<Value>,
  recover: (error: unknown) => Answer<Value>,
): Answer<Value> {
  try {
    const answer = work()
    return answer instanceof Promise ? answer.catch(recover) : answer
  } catch (error) {
    return recover(error)
  }
}

/** The answer of a storage that answers all at once. */
export function atOnce<Value>(answer: Answer<Value>): Value {
  if (answer instanceof Promise) throw new Error('a storage that answers at once has answered later')
  return answer
}

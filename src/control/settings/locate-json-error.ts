/**
 * Where JSON.parse gave up: V8 tells the position for some errors only. A prefix of the text that is right so far fails at its end, and
 * one that holds the fault fails before, so the fault is found by halving.
 * @returns the index of the first character that cannot be there; the length of the text where it is cut off.
 */
export function locateJsonError(text: string): number {
  let right = 0
  let wrong = text.length + 1
  while (wrong - right > 1) {
    const middle = Math.floor((right + wrong) / 2)
    if (mayGoOn(text.slice(0, middle))) right = middle
    else wrong = middle
  }
  return right
}

function mayGoOn(prefix: string): boolean {
  try {
    JSON.parse(prefix)
    return true
  } catch (error) {
    const { message } = error as Error
    const position = /at position (\d+)/.exec(message)?.[1]
    return position === undefined
      ? /end of JSON input|unterminated string/i.test(message)
      : Number(position) >= prefix.length || /unterminated string/i.test(message)
  }
}

/** HTML that cannot be forgotten to be escaped: whatever a template takes in is text, unless another template made it. */

export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

export type HtmlValue = string | number | Html | readonly Html[] | null

/** A template whose values are escaped, for content and for attributes in double quotes; null leaves nothing. */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  let text = strings[0] ?? ''
  for (const [index, value] of values.entries()) text += toText(value) + (strings[index + 1] ?? '')
  return new Html(text)
}

function toText(value: HtmlValue): string {
  if (value === null) return ''
  if (value instanceof Html) return value.text
  if (typeof value === 'object') return value.map(({ text }) => text).join('')
  return String(value).replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

/**
 * JSON for the inside of a script element. There only `</script` and `<!--` mean something, so no `<` is left; the two separators of
 * lines are no white space in every reader of scripts.
 */
export function embedJson(value: unknown): Html {
  const text = JSON.stringify(value).replaceAll(
    /[<\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return new Html(text)
}

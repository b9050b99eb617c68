/** Where the keys and values of a TOML text are: its parser does not tell. For texts that the parser took. */

export interface TomlPlace {
  readonly path: readonly (string | number)[]
  /** Where the key begins; of an item of an array, the item. */
  readonly key: number
  readonly value: number
}

type Path = readonly (string | number)[]

/** @param parseKey reads a key as it is written, with its quotes: `"a\u0062"`. */
export function locateToml(text: string, parseKey: (written: string) => string): readonly TomlPlace[] {
  return new TomlLocator(text, parseKey).locate()
}

const STRING = /"""(?:\\[^]|[^\\])*?"{3,5}|'''[^]*?'{3,5}|"(?:\\.|[^"\\\n])*"|'[^'\n]*'/y
const BARE = /[^\s#=,.[\]{}"']+/y
/** A number, a date, or true and false. */
const SCALAR = /[^\s#,\]}]+(?: \d[^\s#,\]}]*)?/y
const BLANKS = /(?:\s|#[^\n]*)*/y

class TomlLocator {
  readonly #text: string
  readonly #parseKey: (written: string) => string
  readonly #places: TomlPlace[] = []
  /** How many tables `[[...]]` each path has. */
  readonly #counts = new Map<string, number>()
  #at = 0

  constructor(text: string, parseKey: (written: string) => string) {
    this.#text = text
    this.#parseKey = parseKey
  }

  locate(): readonly TomlPlace[] {
    let table: Path = []
    for (this.#take(BLANKS); this.#at < this.#text.length; this.#take(BLANKS)) {
      if (this.#skip('[[')) table = this.#header(true)
      else if (this.#skip('[')) table = this.#header(false)
      else this.#pair(table)
    }
    return this.#places
  }

  #header(isOfArray: boolean): Path {
    const start = this.#at
    let path: Path = []
    for (const { key, at } of this.#keys()) {
      path = [...this.#inLast(path), key]
      this.#places.push({ path, key: at, value: at })
    }
    this.#skip(isOfArray ? ']]' : ']')
    if (!isOfArray) return this.#inLast(path)
    const name = JSON.stringify(path)
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1)
    path = this.#inLast(path)
    this.#places.push({ path, key: start, value: start })
    return path
  }

  /** What is said of an array of tables is said of its last one. */
  #inLast(path: Path): Path {
    const count = this.#counts.get(JSON.stringify(path))
    return count === undefined ? path : [...path, count - 1]
  }

  #pair(table: Path): void {
    let path = table
    const keys = this.#keys().map(({ key, at }) => ({ path: (path = [...path, key]), at }))
    this.#skip('=')
    this.#take(BLANKS)
    const value = this.#at
    for (const { path: prefix, at } of keys)
      this.#places.push({ path: prefix, key: at, value: prefix === path ? value : at })
    this.#value(path)
  }

  #value(path: Path): void {
    if (this.#skip('[')) {
      for (let index = 0; !this.#ends(']'); index++) {
        const item = [...path, index]
        this.#places.push({ path: item, key: this.#at, value: this.#at })
        this.#value(item)
      }
    } else if (this.#skip('{')) {
      while (!this.#ends('}')) this.#pair(path)
    } else if (this.#take(STRING) === '' && this.#take(SCALAR) === '') {
      // The parser took the text, so this cannot be; it must not go round for ever.
      this.#at = this.#text.length
    }
  }

  /** Between the items of an array or a table. */
  #ends(bracket: string): boolean {
    this.#take(BLANKS)
    this.#skip(',')
    this.#take(BLANKS)
    return this.#skip(bracket) || this.#at >= this.#text.length
  }

  #keys(): { readonly key: string; readonly at: number }[] {
    const keys: { readonly key: string; readonly at: number }[] = []
    do {
      this.#take(BLANKS)
      const at = this.#at
      const written = this.#take(STRING) || this.#take(BARE)
      if (written === '') {
        this.#at = this.#text.length
        break
      }
      keys.push({ key: this.#parseKey(written), at })
      this.#take(BLANKS)
    } while (this.#skip('.'))
    return keys
  }

  #skip(word: string): boolean {
    if (!this.#text.startsWith(word, this.#at)) return false
    this.#at += word.length
    return true
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const [taken = ''] = pattern.exec(this.#text) ?? []
    this.#at += taken.length
    return taken
  }
}

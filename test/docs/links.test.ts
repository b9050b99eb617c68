import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

// Covers: README.md and docs/: what they link to and the files that they name are there, so that a move of code or of a section cannot leave a page behind.

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

const pages = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]

const textOf = (page: string): string => readFileSync(join(ROOT, page), 'utf8')

const withoutCode = (text: string): string => text.replace(/^ *```[^]*?^ *```$/gm, '').replace(/`[^`\n]*`/g, '')

/** The anchor that a heading gets: lower case, no punctuation, spaces as hyphens. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')

const anchorsOf = (page: string): string[] =>
  [...textOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchorOf(heading!))

function brokenLinks(page: string): string[] {
  const links = [...withoutCode(textOf(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!)
  return links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false
    const [path, anchor] = link.split('#')
    const target = path === '' ? page : posix.join(dirname(page), path!)
    if (!existsSync(join(ROOT, target))) return true
    return anchor !== undefined && !anchorsOf(target).includes(anchor)
  })
}

/** What a page says is in a file, as "`name` in `file`", "of" or in brackets, and is not there. */
function missingNames(page: string): string[] {
  const said = textOf(page).matchAll(/`(\w+)`(?:\s+(?:in|of)\s+|\s+\()`((?:src|test|bin)\/[\w./-]+\.\w+)`/g)
  return [...said].flatMap(([text, name, path]) => {
    const isThere = existsSync(join(ROOT, path!)) && textOf(path!).includes(name!)
    return isThere ? [] : [text]
  })
}

/** Whether it is a name as a profile gives it: the path of a module without its extension, and a function. */
const isFunctionOf = (path: string): boolean => existsSync(join(ROOT, `${dirname(path)}.ts`))

/** Paths of the repository that a page names anywhere: folders, and files with their extension. */
function missingFiles(page: string): string[] {
  const named = textOf(page).matchAll(/(?<![\w/.-])(?:src|test|bin|workers|docs|samples)\/[\w./-]*/g)
  const paths = [...named].map(([path]) => path.replace(/[.]+$/, ''))
  return [...new Set(paths)].filter((path) => !existsSync(join(ROOT, path)) && !isFunctionOf(path))
}

/** Pages of docs/ that comments and messages below a folder name, and that are not there. */
function missingPages(folder: string): string[] {
  const files = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).filter((path) =>
    /\.m?[jt]s$/.test(path),
  )
  return files.flatMap((path) => {
    const named = [...readFileSync(join(ROOT, folder, path), 'utf8').matchAll(/docs\/[\w-]+\.md/g)].map(
      ([page]) => page,
    )
    return named.filter((page) => !existsSync(join(ROOT, page))).map((page) => `${folder}/${path}: ${page}`)
  })
}

/** The changelog tells of files that are gone, so only its links count. */
const NAMES_OLD_FILES = 'CHANGELOG.md'

describe('README.md and docs/', () => {
  it.each(pages)('%s: every link leads to a page and a section that is there', (page) => {
    expect(brokenLinks(page)).toEqual([])
  })

  it.each(pages.filter((page) => page !== NAMES_OLD_FILES))(
    '%s: every file of the repository that it names is there',
    (page) => {
      expect(missingFiles(page)).toEqual([])
    },
  )

  it.each(pages)('%s: what it says is in a file is there', (page) => {
    expect(missingNames(page)).toEqual([])
  })

  it.each(['src', 'test', 'bin', 'workers'])('%s: every page of docs/ that its files name is there', (folder) => {
    expect(missingPages(folder)).toEqual([])
  })
})

import { createRequire } from 'node:module'
import { dirname, resolve } from 'node:path'
import { findBuilt, readInstalled } from '../../../system/installed-files.ts'

/** The scripts and styles that a page carries with it: uPlot, and the modules of a page joined into one. */

/** uPlot as a classic script and its style. */
export function loadChartLibrary(): { readonly script: string; readonly style: string } {
  const { resolve: locate } = createRequire(import.meta.url)
  const read = (path: string): string => readInstalled(locate(path)).toString()
  return { script: read('uplot/dist/uPlot.iife.min.js'), style: read('uplot/dist/uPlot.min.css') }
}

/**
 * A page's own modules as one: an inline script can import nothing from a file.
 * @param script the first of them, relative to the folder of all compiled modules.
 */
export function loadPageScript(script = 'cli/report/page/main.js'): string {
  const joined = new Map<string, string>()
  join(findPageScript(script), joined)
  return [...joined.values()].join('\n')
}

const IMPORT = /^import \{[^}]*\} from ['"](\.[^'"]+)['"];\n/gm

/**
 * Adds a compiled module after those that it imports, without its imports and exports. All of them then share one scope, so their
 * names must differ: a name that is declared twice is a syntax error, which the tests of the page would see.
 */
function join(path: string, joined: Map<string, string>): void {
  if (joined.has(path)) return
  const source = readInstalled(path).toString()
  for (const [, imported = ''] of source.matchAll(IMPORT)) join(resolve(dirname(path), imported), joined)
  const text = source
    .replaceAll(IMPORT, '')
    .replaceAll(/^export (?=(?:async )?function|const|class)/gm, '')
    .replace(/^\/\/# sourceMappingURL=.*$/m, '')
  joined.set(path, text.trim())
}

/** The folder of all compiled modules: seen from this file in `dist`, from the chunks of the command line, and from the source (unit tests). */
const PLACES = ['../../../', '../src/', '../../../../dist/src/']

function findPageScript(script: string): string {
  return findBuilt(
    PLACES.map((place) => `${place}${script}`),
    import.meta.url,
  )
}

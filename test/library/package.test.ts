import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

/* What people get: the package is packed, unpacked beside links to its dependencies (nothing is fetched), and used. */

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

const CONSUMER = `import { migrate, MigrationError, plan, renderReport, ERROR_CODES } from 'drover'
import type { ErrorCode, MigrateEvent, MigrateOptions, Report } from 'drover'
const options: MigrateOptions = { in: 'old', out: 'new', threads: 2, map: { columns: { id: 'integer' } } }
const onEvent = (event: MigrateEvent): void => {
  if (event.type === 'file-done') console.log(event.records.written)
}
export async function run(): Promise<string> {
  const report: Report = await migrate(options, { onEvent, signal: new AbortController().signal })
  for (const { source, target } of (await plan(options)).files) console.log(source, target)
  const code: ErrorCode = 'WRONG_USE'
  console.log(ERROR_CODES[code], report.measured?.verdict?.kind, new MigrationError(code, '', { phase: 'options' }).cause)
  return renderReport(report, 'html')
}
// @ts-expect-error: there is no such option.
void migrate({ in: 'old', out: 'new', thread: 8 })
`

let folder = ''
let files: readonly string[] = []

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'drover-package-'))
  const packed = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    cwd: ROOT,
  })
  const [{ filename, files: listed }] = JSON.parse(packed.toString()) as [
    { filename: string; files: { path: string }[] },
  ]
  files = listed.map(({ path }) => path)
  const modules = join(folder, 'node_modules')
  mkdirSync(join(modules, 'drover'), { recursive: true })
  execFileSync('tar', ['-xzf', join(folder, filename), '-C', join(modules, 'drover'), '--strip-components=1'])
  for (const name of readdirSync(join(ROOT, 'node_modules')))
    if (!name.startsWith('.')) symlinkSync(join(ROOT, 'node_modules', name), join(modules, name))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(folder, 'consumer.ts'), CONSUMER)
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the package', () => {
  it('holds no source maps, no sources, and no file that points to any', () => {
    expect(files.filter((path) => /\.map$|(?<!\.d)\.[cm]?ts$/.test(path) && !path.startsWith('docs/'))).toEqual([])
    const scripts = files.filter((path) => path.startsWith('dist/') && path.endsWith('.js'))
    expect(scripts.length).toBeGreaterThan(100)
    expect(scripts.filter((path) => pointsToMap(join(folder, 'node_modules/drover', path)))).toEqual([])
  })

  it('declares its public API, and nothing else', () => {
    expect(files.filter((path) => path.endsWith('.d.ts'))).toEqual(['dist/index.d.ts'])
    const exported = readFileSync(join(ROOT, 'src/index.ts'), 'utf8').matchAll(/\{([^}]*)\}/g)
    const expected = Array.from(exported, ([, list = '']) =>
      list.split(',').map((name) => name.replace('type ', '').trim()),
    )
    const declared = exportedBy(readFileSync(join(folder, 'node_modules/drover/dist/index.d.ts'), 'utf8'))
    expect(declared.sort()).toEqual(expected.flat().sort())
  })

  it('lets nobody import what is inside', () => {
    const script = "import('drover/dist/src/migrate.js').catch((error) => console.log(error.code))"
    const printed = execFileSync(process.execPath, ['--input-type=module', '--eval', script], { cwd: folder })
    expect(printed.toString()).toBe('ERR_PACKAGE_PATH_NOT_EXPORTED\n')
  })

  it('converts where it is installed', () => {
    writeFileSync(join(folder, 'a.csv'), 'id\n1\n')
    const script =
      "import { migrate } from 'drover'; console.log((await migrate({ in: 'a.csv', out: 'a.json' })).files.converted)"
    const printed = execFileSync(process.execPath, ['--input-type=module', '--eval', script], { cwd: folder })
    expect([printed.toString(), readFileSync(join(folder, 'a.json'), 'utf8')]).toEqual(['1\n', '[\n{"id":"1"}\n]\n'])
    const program = join(folder, 'node_modules/drover/dist/bin/migrate.js')
    expect(execFileSync(process.execPath, [program, '--version']).toString()).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  // The least version is the one that docs/library.md names. Each takes some seconds: all of them in `npm run test:package`.
  const NEWEST_AND_LEAST = [
    ['typescript', 'nodenext', 'nodenext'],
    ['typescript-least', 'esnext', 'bundler'],
  ]
  const OTHERS = [
    ['typescript-least', 'nodenext', 'nodenext'],
    ['typescript-least', 'node16', 'node16'],
  ]
  it.each(process.env['DROVER_PACKAGE'] === 'full' ? [...NEWEST_AND_LEAST, ...OTHERS] : NEWEST_AND_LEAST)(
    'is typed for %s: module %s, resolved as %s, all declarations checked',
    (compiler, module, resolution) => {
      const program = join(ROOT, 'node_modules', compiler, 'bin/tsc')
      const flags = `--noEmit --strict --target es2022 --lib es2022 --types node --skipLibCheck false --module ${module}`
      const args = [program, ...flags.split(' '), '--moduleResolution', resolution, 'consumer.ts']
      expect(outputOf(args)).toBe('')
    },
  )

  it('says in its docs which version of TypeScript it needs at least', () => {
    const least = JSON.parse(readFileSync(join(ROOT, 'node_modules/typescript-least/package.json'), 'utf8')) as {
      version: string
    }
    const [, said] = /TypeScript (\d+\.\d+) or newer/.exec(readFileSync(join(ROOT, 'docs/library.md'), 'utf8')) ?? []
    expect(least.version.startsWith(`${said}.`)).toBe(true)
  })
})

function pointsToMap(script: string): boolean {
  return /^\/\/# sourceMappingURL=/m.test(readFileSync(script, 'utf8'))
}

function exportedBy(declarations: string): string[] {
  const exports = /^export (?:declare )?(?:type|interface|class|const|function) (\w+)/gm
  return Array.from(declarations.matchAll(exports), ([, name = '']) => name)
}

function outputOf(args: readonly string[]): string {
  try {
    return execFileSync(process.execPath, args, { cwd: folder }).toString()
  } catch (error) {
    return String((error as { readonly stdout?: Buffer }).stdout)
  }
}

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { fakeHost } from '../cli/fake-host.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const SAMPLES = new URL('../../samples/', import.meta.url).pathname
/** Exit code 12: some records are rejected, which is what these samples are about. */
const EXIT_CODES: Readonly<Record<string, number>> = { 'messy-crm': 12, typed: 12 }

describe('every sample', () => {
  for (const name of readdirSync(SAMPLES)) {
    for (const threads of ['1', '8']) {
      it(`${name} gives its expected files with ${threads} threads`, async () => {
        const target = join(temporaryFolder(), 'out')
        const config = join(SAMPLES, name, 'migrate.config.yaml')
        const host = fakeHost(['--config', config, '--out', target, '--threads', threads])
        expect(await main(host)).toBe(EXIT_CODES[name] ?? 0)
        expect(host.stderr.text).toContain('tree hash')
        expect(readTree(target)).toEqual(readTree(join(SAMPLES, name, 'expected')))
      })
    }
  }
})

/** Targets and rejects by path; what else Drover remembers differs from run to run. */
function readTree(root: string): Record<string, string> {
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(root, path)).isFile())
    .filter((path) => !path.startsWith('.migrate/') || path.startsWith('.migrate/rejects/'))
    .sort()
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(root, path), 'latin1')]))
}

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

/** A new empty folder that goes away when all tests of a suite are done. Called in a `describe`. */
export function suiteFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'drover-test-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

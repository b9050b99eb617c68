import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { memoryPlace } from './memory-place.ts'

/** A new empty folder that goes away with the test. */
export function temporaryFolder(place = tmpdir()): string {
  const folder = mkdtempSync(join(place, 'drover-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** The same in memory, where there is such a place. */
export function memoryFolder(): string {
  return temporaryFolder(memoryPlace())
}

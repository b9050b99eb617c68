import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { memoryPlace } from './memory-place.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Folders that go away with the last test: for what outlives a test file, since files share processes. */
    readonly scratch: { readonly onDisk: string; readonly inMemory: string }
  }
}

export default function makeScratchFolders(project: TestProject): () => void {
  const [onDisk, inMemory] = [tmpdir(), memoryPlace()].map((place) => mkdtempSync(join(place, 'drover-scratch-')))
  project.provide('scratch', { onDisk: onDisk!, inMemory: inMemory! })
  return () => {
    for (const folder of [onDisk, inMemory]) rmSync(folder!, { recursive: true, force: true })
  }
}

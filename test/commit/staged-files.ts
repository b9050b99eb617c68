import { lstatSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { CommitOutcome } from '../../src/commit/publish/commit-outcome.ts'
import type { Committer, JournaledTarget } from '../../src/commit/committer.ts'
import { MigrationError } from '../../src/errors/migration-error.ts'
import { StagingArea } from '../../src/commit/staging/staging-area.ts'
import type { SeenFile } from '../../src/model/paths/seen-file.ts'
import type { JournalEntry } from '../../src/model/journal-entry.ts'

export interface Content {
  readonly target: string
  readonly rejects?: string
}

/** A journal entry with nothing special in it. */
export function makeEntry(source: string, content: string, changes: Partial<JournalEntry> = {}): JournalEntry {
  return {
    source,
    sizeBytes: 10,
    mtimeNs: '1700000000000000001',
    sourceHash: null,
    filePlanHash: 'plan',
    target: targetOf(source),
    targetBytes: Buffer.byteLength(content),
    targetHash: hashOf(content),
    hasRejects: false,
    records: { read: 2, written: 1, rejected: 1, filtered: 0 },
    stageNs: { read: 1, parse: 2, map: 3, encode: 4, write: 5, sync: 0 },
    host: 'here',
    attempt: 1,
    ...changes,
  }
}

export function targetOf(source: string): string {
  return source.replace(/\.csv$/, '.ndjson')
}

export function hashOf(content: string): string {
  return crc32(content).toString(16).padStart(8, '0')
}

/** What a worker would have left: one staged file for each source. */
export async function stageFiles(
  targetRoot: string,
  runId: string,
  contents: Readonly<Record<string, Content>>,
): Promise<JournaledTarget[]> {
  const area = await StagingArea.open({ targetRoot, runId })
  return Object.entries(contents).map(([source, { target, rejects }]) => {
    const paths = area.nextPaths(targetOf(source))
    writeFileSync(paths.target, target)
    if (rejects !== undefined) writeFileSync(paths.rejects, rejects)
    return {
      source,
      target: targetOf(source),
      seen: look(join(targetRoot, targetOf(source))),
      stagedTarget: paths.target,
      stagedRejects: rejects === undefined ? null : paths.rejects,
      targetBytes: Buffer.byteLength(target),
      targetHash: crc32(target),
      proved: makeEntry(source, target, { hasRejects: rejects !== undefined }),
    }
  })
}

/** What a plan sees in a target's place. */
export function look(path: string): SeenFile | null {
  try {
    const stats = lstatSync(path, { bigint: true })
    return stats.isFile() ? { sizeBytes: Number(stats.size), mtimeNs: stats.mtimeNs } : null
  } catch {
    return null
  }
}

/** Writes files as an earlier run, or a stranger, would have left them. */
export function writeTree(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
}

/** A lock that is always held. */
export function heldLock(runId: string): { runId: string; assertOwned: () => Promise<void> } {
  return { runId, assertOwned }
}

/** Of a lock that is always held. */
export function assertOwned(): Promise<void> {
  return Promise.resolve()
}

/** Of a lock that is lost when it has been asked for so many times. */
export function lostAfter(times: number): () => Promise<void> {
  let asked = 0
  return async () => {
    if (asked++ >= times) throw new MigrationError('LOCK_LOST', 'lost', { phase: 'lock' })
  }
}

/** Hands in one file by itself. */
export async function commitOne(committer: Committer, file: JournaledTarget): Promise<CommitOutcome> {
  const [outcome] = await committer.commit([file])
  if (outcome === undefined) throw new Error('a file has no outcome')
  return outcome
}

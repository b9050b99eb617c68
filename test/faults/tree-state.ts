import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync, type Dirent } from 'node:fs'
import { join, relative } from 'node:path'
import { crc32 } from 'node:zlib'
import { expect } from 'vitest'
import { readJournals } from '../../src/commit/journal/journal-reader.ts'
import type { JournalEntry } from '../../src/model/journal-entry.ts'

/** Every regular file below a folder, relative to it, in order. Folders that go away meanwhile have none. */
export function listFiles(folder: string): string[] {
  return filesBelow(folder)
    .map((path) => relative(folder, path))
    .sort()
}

function filesBelow(folder: string): string[] {
  return readFolder(folder).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return filesBelow(path)
    return entry.isFile() ? [path] : []
  })
}

function readFolder(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** Hashes of all targets and rejects files of a target tree, by their paths. */
export function contentsOf(out: string): Record<string, string> {
  return Object.fromEntries(
    listFiles(out)
      .filter(isContent)
      .map((path) => [
        path,
        createHash('sha256')
          .update(readFileSync(join(out, path)))
          .digest('hex'),
      ]),
  )
}

function isContent(path: string): boolean {
  return !path.startsWith('.migrate') || path.startsWith('.migrate/rejects/')
}

/** The last commit of each target that the journals prove. */
export async function proofsOf(out: string): Promise<Map<string, JournalEntry>> {
  const proofs = new Map<string, JournalEntry>()
  await readJournals(out, (entry) => proofs.set(entry.target, entry))
  return proofs
}

/** What must hold after any fault at all: no partial target under its name, and nothing proved that is not there. */
export async function expectNothingWrong(out: string, gold: Readonly<Record<string, string>>, at = ''): Promise<void> {
  for (const [path, hash] of Object.entries(contentsOf(out))) expect(hash, `${path} ${at}`).toBe(gold[path])
  for (const entry of (await proofsOf(out)).values()) expectProved(out, entry, at)
}

function expectProved(out: string, entry: JournalEntry, at: string): void {
  const bytes = readFileSync(join(out, entry.target))
  const found = [bytes.length, crc32(bytes).toString(16).padStart(8, '0')]
  expect(found, `${entry.target} ${at}`).toEqual([entry.targetBytes, entry.targetHash])
  const { read, written, rejected, filtered } = entry.records
  expect(read, `records of ${entry.target} ${at}`).toBe(written + rejected + filtered)
}

/** What must hold when a run has ended by itself: no staged file is left. */
export function expectNothingStaged(out: string, at = ''): void {
  const staged = listFiles(out).filter((path) => /(^|\/)\.migrate-staged-|^\.migrate\/staged\//.test(path))
  expect(staged, `staged files ${at}`).toEqual([])
}

/** What must hold when a run has ended by itself and the disk let it: no staged file and no lock are left. */
export function expectNothingLeft(out: string, at = ''): void {
  expectNothingStaged(out, at)
  const locks = listFiles(out).filter((path) => path.startsWith('.migrate/lock'))
  expect(locks, `locks ${at}`).toEqual([])
}

/** What must hold when all files are done: the tree is that of an undisturbed run, and the journals prove every target. */
export async function expectGold(out: string, gold: Readonly<Record<string, string>>, at = ''): Promise<void> {
  expect(contentsOf(out), `the tree ${at}`).toEqual(gold)
  expectNothingStaged(out, at)
  const proofs = await proofsOf(out)
  for (const entry of proofs.values()) expectProved(out, entry, at)
  const targets = Object.keys(gold).filter((path) => !path.startsWith('.migrate'))
  expect([...proofs.keys()].sort(), `proved targets ${at}`).toEqual(targets.sort())
}

/** The inodes of the targets that the journals prove: a file that is made again gets another one. */
export async function provedInodes(out: string): Promise<Map<string, number>> {
  const inodes = new Map<string, number>()
  for (const target of (await proofsOf(out)).keys()) inodes.set(target, statSync(join(out, target)).ino)
  return inodes
}

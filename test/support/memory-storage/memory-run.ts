import { onTestFinished } from 'vitest'
import { migrate } from '../../../src/migrate.ts'
import type { Report } from '../../../src/model/report.ts'
import type { MigrateOptions } from '../../../src/options/options.ts'
import { registerStorage } from '../../../src/storage/storages.ts'
import { MemoryStorage } from './memory-storage.ts'
import type { MemoryTarget } from './memory-target.ts'

/** A small tree of all formats, with records that are rejected, a late column, a file that is copied and an empty one. */
export const SOURCES: Readonly<Record<string, string>> = {
  'a.csv': 'id,name\n1,one\n2\n3,three\n',
  'b.ndjson': '{"id":1,"late":null}\n{"id":2,"other":"x"}\nno json\n',
  'deep/er/c.json': '[{"id": 1, "list": [1, 2]}, {"id": 2}]\n',
  'deep/d.tsv': 'id\tname\n1\tone\n',
  'deep/notes.txt': 'not converted\n',
  'empty.csv': '',
}

export const OPTIONS = { to: 'ndjson', others: 'copy', targetName: 'append', threads: 1 } as const

/** Trees in memory, and runs over them. */
export interface MemoryRun {
  readonly storage: MemoryStorage
  readonly target: MemoryTarget
  readonly run: (options?: Partial<MigrateOptions>) => Promise<Report>
}

/** Made anew for a test, and forgotten at its end. */
export function memoryRun(): MemoryRun {
  const top = '/in-memory'
  const storage = new MemoryStorage(top)
  onTestFinished(registerStorage(storage))
  for (const [name, text] of Object.entries(SOURCES)) storage.sources.put(`${top}/in/${name}`, text)
  const target = storage.openTarget(`${top}/out`)
  const run = (options: Partial<MigrateOptions> = {}): Promise<Report> =>
    migrate({ in: `${top}/in`, out: `${top}/out`, ...OPTIONS, ...options })
  return { storage, target, run }
}

/** What a run leaves for its user: targets and rejects. */
export function visible(tree: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(tree).filter(([name]) => !name.startsWith('.migrate/') || name.startsWith('.migrate/rejects/')),
  )
}

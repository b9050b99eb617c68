import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { MigrateEvent } from '../../src/model/events.ts'
import type { MigrateOptions } from '../../src/options/options.ts'
import type { Report } from '../../src/model/report.ts'
import { migrate } from '../support/migrate.ts'
import { listFiles } from '../faults/tree-state.ts'
import { memoryFolder } from '../support/temporary-folder.ts'

export type Files = Readonly<Record<string, string>>

/** A file that converts, one with a reject, and one that fails. */
export const GOOD = 'a,b\n1,x\n2,y\n'
export const REJECTED = 'a,b\n1,x,3\n2,y\n'
export const BROKEN = 'a,b\n1,"x\n'

/** Writes files below a folder. */
export function write(folder: string, files: Files): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}

/** A source tree and the place of a target tree, with runs from one to the other. */
export class SmallTree {
  readonly folder = memoryFolder()
  readonly source = join(this.folder, 'in')
  readonly out = join(this.folder, 'out')
  /** What the last run told. */
  events: MigrateEvent[] = []

  constructor(files: Files) {
    mkdirSync(this.source)
    write(this.source, files)
  }

  /** Runs once: on one thread, which is half the time, and without syncs, since nothing here is about power cuts. */
  async migrate(options: Partial<MigrateOptions> = {}, onEvent?: (event: MigrateEvent) => void): Promise<Report> {
    this.events = []
    const hooks = {
      onEvent: (event: MigrateEvent): void => {
        this.events.push(event)
        onEvent?.(event)
      },
    }
    return migrate({ in: this.source, out: this.out, threads: 1, fsync: false, ...options }, hooks)
  }

  /** The sources that the last run converted, in order. */
  get converted(): string[] {
    return this.events.flatMap((event) => (event.type === 'file-done' ? [event.file] : [])).sort()
  }

  /** The targets that are there. */
  get targets(): string[] {
    return listFiles(this.out).filter((path) => !path.startsWith('.migrate'))
  }

  read(path: string): string {
    return readFileSync(join(this.out, path), 'utf8')
  }

  inode(path: string): number {
    return statSync(join(this.out, path)).ino
  }
}

import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FileTask } from '../../src/model/task.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** The task to convert a small csv file, which lies in a folder of its own. */
export function csvTask(): FileTask {
  const folder = temporaryFolder()
  const sourcePath = join(folder, 'a.csv')
  writeFileSync(sourcePath, 'a\n1\n')
  const { size, mtimeNs } = statSync(sourcePath, { bigint: true })
  return {
    index: 0,
    sourcePath,
    relativePath: 'a.csv',
    format: 'csv',
    sizeBytes: Number(size),
    mtimeNs,
    stagedTarget: join(folder, 'target'),
    stagedRejects: join(folder, 'rejects'),
  }
}

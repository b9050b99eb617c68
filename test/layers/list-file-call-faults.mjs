import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { EXCEPTIONS } from './file-call-exceptions.mjs'
import { findFileCalls } from './find-file-calls.mjs'

/** Looks through all modules below a folder for calls that change files outside of src/storage, and are no exceptions. */
export function listFileCallFaults(root) {
  const faults = []
  let modules = 0
  const found = new Set()
  for (const name of readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })) {
    const path = `src/${name}`
    if (!name.endsWith('.ts') || name.startsWith('kernels/assembly/')) continue
    modules++
    if (name.startsWith('storage/')) continue
    for (const call of findFileCalls(path, readFileSync(join(root, path), 'utf8'))) {
      found.add(`${path} ${call}`)
      if (!EXCEPTIONS[path]?.calls.includes(call))
        faults.push(
          `${path}: ${call}() changes files outside of src/storage, and is no exception in file-call-exceptions.mjs`,
        )
    }
  }
  if (modules === 0) faults.push(`no modules in ${join(root, 'src')}`)
  return { modules, found, faults }
}

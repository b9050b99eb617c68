// Holds that nothing but src/storage changes files, apart from named exceptions. Takes the folder of a project (this one if none is given).
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { EXCEPTIONS } from './file-call-exceptions.mjs'
import { findFileCalls } from './find-file-calls.mjs'

const root = process.argv[2] ?? '.'
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
for (const [path, { calls }] of process.argv[2] === undefined ? Object.entries(EXCEPTIONS) : []) {
  for (const call of calls)
    if (!found.has(`${path} ${call}`)) faults.push(`${path}: ${call}() is an exception and is not there`)
}
if (modules === 0) faults.push(`no modules in ${join(root, 'src')}`)
for (const fault of faults) console.error(fault)
console.log(`file calls: ${modules} modules, ${found.size} exceptions, ${faults.length} violations`)
process.exitCode = faults.length === 0 ? 0 : 1

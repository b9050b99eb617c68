// Holds that nothing but src/storage changes files, apart from named exceptions, each of which must be there.
import { EXCEPTIONS } from './file-call-exceptions.mjs'
import { listFileCallFaults } from './list-file-call-faults.mjs'

const { modules, found, faults } = listFileCallFaults('.')
for (const [path, { calls }] of Object.entries(EXCEPTIONS)) {
  for (const call of calls)
    if (!found.has(`${path} ${call}`)) faults.push(`${path}: ${call}() is an exception and is not there`)
}
for (const fault of faults) console.error(fault)
console.log(`file calls: ${modules} modules, ${found.size} exceptions, ${faults.length} violations`)
process.exitCode = faults.length === 0 ? 0 : 1

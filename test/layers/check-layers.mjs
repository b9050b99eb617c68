// Holds the layers of docs/architecture.md. A check that saw no modules would pass whatever the code does, so it also counts them.
import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cruise } from 'dependency-cruiser'
import { findFileSystemFaults } from './file-system-users.mjs'
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config'

const { forbidden, options } = createRequire(import.meta.url)('../../.dependency-cruiser.cjs')
const folders = ['src', 'workers', 'bin']
const { output } = await cruise(folders, { ...options, ruleSet: { forbidden }, validate: true }, undefined, {
  tsConfig: extractTSConfig('tsconfig.json'),
})

const written = folders.flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !name.endsWith('.d.ts') && !name.startsWith('kernels/assembly'),
  ),
)
const seen = output.modules.filter(
  (module) => /^(src|workers|bin)\//.test(module.source) && module.source.endsWith('.ts'),
)
for (const violation of output.summary.violations) {
  const via = violation.cycle ?? violation.via ?? []
  console.error(
    `${violation.rule.name}: ${violation.from} -> ${[violation.to, ...via.map((step) => step.name ?? step)].join(' -> ')}`,
  )
}
const usesFiles = ({ dependencies }) => dependencies.some(({ module }) => /^(?:node:)?fs(?:\/promises)?$/.test(module))
const faults = findFileSystemFaults(seen.filter(usesFiles).map(({ source }) => source))
for (const fault of faults) console.error(fault)
const isComplete = seen.length >= written.length
if (!isComplete) console.error(`the check saw ${seen.length} of ${written.length} modules`)
console.log(`layers: ${seen.length} modules, ${output.summary.violations.length + faults.length} violations`)
process.exitCode = isComplete && output.summary.violations.length + faults.length === 0 ? 0 : 1

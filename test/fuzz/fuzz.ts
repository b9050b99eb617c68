// npm run fuzz: random cases for as long as somebody has the time.
//
//   npm run fuzz -- [--seconds 60] [--seed N] [--only NAME] [--path PATH]
//
// The seconds are shared out among the targets. What a run tries follows from its seed alone; how much of it, from the time. Ends with
// 1 at the first case that fails, and prints it as small as it could be made, with the command that repeats it.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import * as fc from 'fast-check'
import { Converter } from '../support/converter.ts'
import { TARGETS } from './targets.ts'
import type { Target } from './targets.ts'
import type { Case } from './ways.ts'

const { values: flags } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string' },
    only: { type: 'string' },
    path: { type: 'string' },
  },
})
const seconds = Number(flags.seconds)
// fast-check keeps seeds in 32 bits.
const seed = Number(flags.seed ?? Math.floor(Math.random() * 2 ** 31))
const targets = TARGETS.filter(({ name }) => flags.only === undefined || name === flags.only)
// Thousands of tiny files: in memory, where that is to be had.
const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'drover-fuzz-'))

if (!(seconds > 0) || !Number.isInteger(seed)) stop('--seconds must be a number above 0, and --seed a whole number')
if (targets.length === 0) stop(`--only is one of ${TARGETS.map(({ name }) => name).join(', ')}`)
console.log(`seed ${seed}, ${seconds} s, ${targets.length} targets`)
try {
  for (const target of targets) if (!(await fuzz(target, (1000 * seconds) / targets.length))) process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true })
}

function stop(message: string): never {
  console.error(message)
  rmSync(folder, { recursive: true })
  process.exit(2)
}

/** @returns false where a case failed. */
async function fuzz(target: Target, limitMs: number): Promise<boolean> {
  const { name, cases } = target
  const converter = new Converter(folder)
  const details = await fc.check(
    fc.asyncProperty(cases, (conversion) => target.check(converter, conversion)),
    {
      seed,
      numRuns: Number.MAX_SAFE_INTEGER,
      interruptAfterTimeLimit: limitMs,
      ...(flags.path === undefined ? {} : { path: flags.path }),
    },
  )
  const hasFailed = details.failed && details.counterexample !== null
  console.log(`${name}: ${details.numRuns} cases${hasFailed ? ', the last one FAILED' : ''}`)
  if (!hasFailed) return true
  console.log(describeCase(details.counterexample[0]))
  console.log(
    shorten(details.errorInstance instanceof Error ? details.errorInstance.message : String(details.errorInstance)),
  )
  console.log(`made smaller ${details.numShrinks} times; to repeat it (and go on to make it smaller):`)
  console.log(`  npm run fuzz -- --seed ${seed} --only ${name} --path ${details.counterexamplePath}\n`)
  return false
}

function describeCase({ bytes, from, to, options, chunkSize }: Case): string {
  const source = shorten(JSON.stringify(bytes.toString('latin1')))
  return `${from} to ${to}, chunks of ${chunkSize}, options ${JSON.stringify(options)}\nBuffer.from(${source}, 'latin1')`
}

function shorten(text: string): string {
  return text.length <= 4000 ? text : `${text.slice(0, 2000)} ... ${text.slice(-2000)} (${text.length} characters)`
}

#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8'
import { EXIT_CODES } from '../src/cli/exit-code.ts'
import { formatUncaught } from '../src/cli/terminal/format-error.ts'
import { main } from '../src/cli/main.ts'
import { SIGNALS } from '../src/cli/signals.ts'

/**
 * V8 lets a heap of 15 MB grow to 70 before it collects what outlived two short collections, and gives short-lived objects 32 MB. It
 * reads these flags each time it decides; a thread that starts sets the second one back to 2.
 */
const COLLECT_EARLY = ['--heap-growing-percent=40', '--semi-space-growth-factor=1']

/** A signal that ends the process has done so by then. */
const ABORT_MS = 200

// The last resort, where no call is left to throw to: a line instead of a stack.
process.on('uncaughtException', (error) => {
  process.stderr.write(formatUncaught(error))
  process.exit(EXIT_CODES.unexpected)
})

/** Node ends by it where all that is left is waited for and can never come. */
const NEVER_SETTLED = 13

process.on('exit', () => {
  // Node sets it in a listener of its own, before this one.
  if (process.exitCode !== NEVER_SETTLED) return
  process.stderr.write(
    'migrate: nothing is left to do, and nothing can end: a module that was named (--map, --config) waits for a promise that nobody settles\n',
  )
  process.exitCode = EXIT_CODES.unexpected
})

process.exitCode = await main({
  argv: process.argv.slice(2),
  env: process.env,
  cwd: process.cwd(),
  stdout: process.stdout,
  stderr: process.stderr,
  signals: process,
  // Where it waits for a thread that hangs, the next signal ends it.
  endProcess: (exitCode) => {
    for (const signal of SIGNALS) process.removeAllListeners(signal)
    process.exit(exitCode)
  },
  // Unlike process.exit, which waits for all threads.
  dieOf: (signal) => {
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
    // The first process of a container dies of no signal of its own.
    setTimeout(() => process.abort(), ABORT_MS)
  },
  collectEarly: () => {
    for (const flag of COLLECT_EARLY) setFlagsFromString(flag)
  },
})

#!/usr/bin/env node
import { main } from '../src/cli/main.ts'

process.exitCode = await main({
  argv: process.argv.slice(2),
  env: process.env,
  cwd: process.cwd(),
  stdout: process.stdout,
  stderr: process.stderr,
  signals: process,
  endProcess: (exitCode) => process.exit(exitCode),
})

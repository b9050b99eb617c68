// Loaded into a node before its program, in every thread of it: whoever opens the file named in the environment brings the whole process
// down, as a fault in native code would.
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import process from 'node:process'

const name = process.env.DROVER_TEST_KILL_AT
if (name !== undefined) {
  for (const call of ['openSync', 'readFileSync']) {
    const original = fs[call]
    fs[call] = (path, ...rest) => {
      if (String(path).endsWith(`/${name}`)) process.kill(process.pid, 'SIGKILL')
      return original(path, ...rest)
    }
  }
  syncBuiltinESMExports()
}

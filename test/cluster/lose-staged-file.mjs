// Loaded into a node before its program: the first time that a target of the given name would get its place, its staged file is
// removed, as if somebody had tidied up between the commit record and the rename.
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import process from 'node:process'

const name = process.env.DROVER_TEST_LOSE
const mark = process.env.DROVER_TEST_LOSE_ONCE
if (name !== undefined && mark !== undefined) {
  for (const call of ['linkSync', 'renameSync']) {
    const original = fs[call]
    fs[call] = (from, to) => {
      if (String(to).endsWith(`/${name}`) && !fs.existsSync(mark)) {
        fs.writeFileSync(mark, '')
        fs.unlinkSync(from)
      }
      return original(from, to)
    }
  }
  syncBuiltinESMExports()
}

import { existsSync, writeFileSync } from 'node:fs'
import { workerData } from 'node:worker_threads'
import { createTaskRunner } from '../../../dist/src/convert/convert-task.js'
import { SplitBoard } from '../../../dist/src/convert/split/split-board.js'

/*
 * The real worker, but for one thing: the first thread that gets the task named by DROVER_DIES (`lead` or `help`) ends in the middle
 * of it, with a block in its hands that others wait for.
 */

const mark = process.env.DROVER_DIED_MARK
let dies = false

const { value: claim } = Object.getOwnPropertyDescriptor(SplitBoard.prototype, 'claim')
SplitBoard.prototype.claim = function () {
  const block = claim.call(this)
  if (dies && block !== null) {
    writeFileSync(mark, '')
    process.exit(3)
  }
  return block
}

const run = createTaskRunner(workerData)

export default (task) => {
  dies = task.kind === process.env.DROVER_DIES && !existsSync(mark)
  return run(task)
}

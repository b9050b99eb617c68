// A virtual machine gives memory to its guest page by page, when each is used for the first time. Until then a write into the page
// cache takes up to four times as long. Some hosts take free memory back after a second or two, so it is used once before each run.
import { spawnSync } from 'node:child_process'
import { freemem } from 'node:os'

const LARGEST_SHARE = 0.8
const BLOCK_BYTES = 256 * 1024 * 1024

/** Uses `bytes` of free memory once, in a process of its own, and gives them back. @returns the bytes. */
export function touchMemory(bytes) {
  const blocks = Math.floor(Math.min(bytes, freemem() * LARGEST_SHARE) / BLOCK_BYTES)
  const program = `const kept = []; for (let i = 0; i < ${blocks}; i++) kept.push(Buffer.alloc(${BLOCK_BYTES}, 1))`
  spawnSync(process.execPath, ['-e', program])
  return blocks * BLOCK_BYTES
}

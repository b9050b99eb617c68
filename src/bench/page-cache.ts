import { execFile } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { availableParallelism } from 'node:os'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Paths a shell gets at once: below what a command line may hold, whatever their length. */
const PATHS_PER_CALL = 25

/** Shares of what was to be dropped that may stay: readers at the same time, pages of another mapping. */
const TOLERATED_SHARE = 0.05

/** Reads all files once, so that a run finds them in the page cache. */
export async function warmFiles(paths: readonly string[], signal: AbortSignal): Promise<void> {
  const waiting = paths.values()
  const lanes = Array.from({ length: availableParallelism() }, async () => {
    for (const path of waiting) {
      if (signal.aborted) return
      // Nothing is done with the bytes: reading them is the purpose.
      for await (const _ of createReadStream(path, { highWaterMark: 1 << 20 })) if (signal.aborted) return
    }
  })
  await Promise.all(lanes)
}

/**
 * Drops files from the page cache, one by one, as any user may (posix_fadvise through GNU dd; nothing else is dropped). What is not
 * on the disk yet is synced first, since dirty pages stay.
 * @returns null where that worked; else why not, in words.
 */
export async function dropFiles(paths: readonly string[], signal: AbortSignal): Promise<string | null> {
  try {
    await callShell('for f do sync "$f" && dd if="$f" iflag=nocache count=0 status=none || exit 1; done', paths, signal)
  } catch (error) {
    if (signal.aborted) return null
    const reason = firstLine(error)
    return `the page cache could not be dropped (it needs dd and sync of GNU coreutils, and Linux): ${reason}`
  }
  const left = await cachedBytes(paths, signal)
  if (left === null || left.cached <= left.total * TOLERATED_SHARE) return null
  const share = Math.round((left.cached / left.total) * 100)
  return `${share} % of the sources stayed in the page cache: their file system does not drop them (tmpfs, for one)`
}

/** What of the files is in the page cache, by fincore of util-linux; null where that is missing. */
async function cachedBytes(
  paths: readonly string[],
  signal: AbortSignal,
): Promise<{ readonly cached: number; readonly total: number } | null> {
  try {
    const lines = await callShell('fincore --bytes --noheadings --raw --output RES,SIZE -- "$@"', paths, signal)
    const sum = { cached: 0, total: 0 }
    for (const line of lines.trim().split('\n')) {
      const [cached = 0, total = 0] = line.trim().split(/\s+/).map(Number)
      sum.cached += cached
      sum.total += total
    }
    return Number.isFinite(sum.cached + sum.total) ? sum : null
  } catch {
    return null
  }
}

async function callShell(script: string, paths: readonly string[], signal: AbortSignal): Promise<string> {
  let output = ''
  for (let from = 0; from < paths.length; from += PATHS_PER_CALL) {
    const { stdout } = await run('sh', ['-c', script, 'sh', ...paths.slice(from, from + PATHS_PER_CALL)], { signal })
    output += stdout
  }
  return output
}

function firstLine(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message: string }
  return (stderr?.trim() || message).split('\n')[0] ?? message
}

// Runs a program as a process of its own and says what it cost: wall time, CPU of all its threads, largest resident size.
//
// GNU time knows the last two exactly, from the kernel, when the process has ended. Where it is not installed, /proc is read every
// few milliseconds, which misses what a process does after the last look; where there is no /proc either, they stay null.
import { spawn, spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const GNU_TIME = '/usr/bin/time'
const hasGnuTime = spawnSync(GNU_TIME, ['-f', '%M', 'true'], { stdio: 'ignore' }).status === 0
const POLL_MS = 10
const CLOCK_TICKS_PER_SECOND = 100

/** Process groups that run now, by the id of their leader. */
const runningGroups = new Set()

/** How CPU and memory are found on this machine, in words. */
export const MEASURING_METHOD = hasGnuTime ? 'GNU time' : 'looks at /proc every 10 ms'

/**
 * Runs `command` to its end.
 * @param stdoutFile where its standard output goes; without it, it is returned as `stdout`.
 * @returns wallSeconds, cpuSeconds (user + system), peakBytes, stdout
 * @throws where the process does not end with 0: the message holds its standard error.
 */
export async function measureProcess(command, args, { stdoutFile, env = {} } = {}) {
  const timeFile = hasGnuTime ? nextTimeFile() : null
  let looks = null
  const output = stdoutFile === undefined ? 'pipe' : openSync(stdoutFile, 'w')
  try {
    const [program, programArgs] = hasGnuTime
      ? [GNU_TIME, ['-q', '-o', timeFile, '-f', '%U %S %M', command, ...args]]
      : [command, args]
    const startMs = performance.now()
    // A group of its own, so that an interrupted benchmark can end it whole.
    const child = spawn(program, programArgs, {
      stdio: ['ignore', output, 'pipe'],
      env: { ...process.env, ...env },
      detached: true,
    })
    if (!hasGnuTime) looks = lookRepeatedly(child.pid)
    let wallSeconds = 0
    child.once('exit', () => {
      wallSeconds = (performance.now() - startMs) / 1000
    })
    const { status, stdout, stderr } = await ended(child)
    if (status !== 0) throw new Error(`${command} ${args.join(' ')}: exit ${status}\n${stderr}`)
    return { wallSeconds, ...(looks ? looks.seen : readTimeFile(timeFile)), stdout }
  } finally {
    looks?.stop()
    if (output !== 'pipe') closeSync(output)
  }
}

/** Ends whatever runs now. */
export function killRunning() {
  for (const group of runningGroups) {
    try {
      process.kill(-group, 'SIGKILL')
    } catch {
      // It has just ended by itself.
    }
  }
}

function ended(child) {
  const texts = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr']) {
    child[name]?.setEncoding('utf8').on('data', (text) => {
      texts[name] += text
    })
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('spawn', () => runningGroups.add(child.pid))
    child.once('close', (code, signal) => {
      runningGroups.delete(child.pid)
      resolve({ status: code ?? signal, ...texts })
    })
  })
}

let timeFolder = null
let timeFileCount = 0

function nextTimeFile() {
  if (timeFolder === null) {
    timeFolder = mkdtempSync(join(tmpdir(), 'drover-time-'))
    process.once('exit', () => rmSync(timeFolder, { recursive: true, force: true }))
  }
  return join(timeFolder, String(timeFileCount++))
}

function readTimeFile(path) {
  const [user, system, peakKib] = readFileSync(path, 'utf8').trim().split(' ').map(Number)
  return { cpuSeconds: user + system, peakBytes: peakKib * 1024 }
}

function lookRepeatedly(pid) {
  const seen = { cpuSeconds: null, peakBytes: null }
  const look = () => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      // The name of the program, in brackets, may hold blanks. Behind it, the 12th and 13th fields are user and system time.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      seen.cpuSeconds = (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SECOND
      const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
      if (peak) seen.peakBytes = Number(peak[1]) * 1024
    } catch {
      // No /proc here, or the process has just ended.
    }
  }
  const timer = setInterval(look, POLL_MS)
  return { seen, stop: () => clearInterval(timer) }
}

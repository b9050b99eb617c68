import { MigrationError, toWireError, fromWireError } from '../../errors/migration-error.ts'
import { printableName } from '../../errors/printable-name.ts'
import type { NodeEvent } from '../../control/node/node-events.ts'
import { checkCluster, checkDisplay, checkThreads } from '../settings/check-settings.ts'
import { requireAddress, rootOf } from '../settings/cluster-options.ts'
import { EXIT_CODES, exitCodeOfError } from '../exit-code.ts'
import { formatError } from '../terminal/format-error.ts'
import { countOf, formatBytes, formatDuration, threeDigits } from '../terminal/format-quantity.ts'
import type { Host } from '../host.ts'
import type { Settings } from '../settings/resolve-settings.ts'
import { watchSignals } from '../signals.ts'

/** `migrate worker`: serves as a node until SIGTERM or Ctrl-C, which drain it. @returns the exit code: 0 when it was drained. */
export async function workerCommand(settings: Settings, host: Host): Promise<number> {
  const options = checkCluster(settings)
  const display = checkDisplay(settings)
  const address = requireAddress(options, 'migrate worker --root /data')
  const say = sayer(host, display)
  const watch = watchSignals(
    host.signals,
    () => {},
    (exitCode) => host.endProcess(exitCode),
  )
  try {
    const { serveNode } = await import('../../control/node/serve-node.ts')
    const summary = await serveNode(
      { address, root: rootOf(options, host.cwd), threads: checkThreads(settings) },
      { signal: watch.signal, onEvent: say },
    )
    if (!display.useJsonLog && !display.quiet) {
      const { shards, files, bytes } = summary
      host.stderr.write(`left: ${countOf(files, 'file')}, ${formatBytes(bytes)}, in ${countOf(shards, 'shard')}\n`)
    }
    // A connection that is still being tried would keep the process alive.
    host.endProcess(EXIT_CODES.done)
    return EXIT_CODES.done
  } catch (thrown) {
    const error = thrown instanceof MigrationError ? thrown : fromWireError(toWireError(thrown, { phase: 'worker' }))
    host.stderr.write(formatError(error))
    return exitCodeOfError(error)
  } finally {
    watch.stop()
  }
}

function sayer(
  host: Host,
  display: { readonly useJsonLog: boolean; readonly quiet: boolean },
): (event: NodeEvent) => void {
  return (event) => {
    if (display.useJsonLog) {
      const { type, ...fields } = event
      const level = WARNINGS.has(type) ? 'warn' : 'info'
      const line = { level, time: new Date().toISOString(), event: `node-${type}`, ...fields, msg: describe(event) }
      host.stderr.write(`${JSON.stringify(line)}\n`)
    } else if (!display.quiet || WARNINGS.has(event.type)) {
      host.stderr.write(`${new Date().toISOString().slice(11, 19)} ${printableName(describe(event))}\n`)
    }
  }
}

const WARNINGS: ReadonlySet<NodeEvent['type']> = new Set<NodeEvent['type']>([
  'job-refused',
  'shard-suspected',
  'lease-lost',
  'connection',
])

const ACTIONS: Readonly<Record<string, string>> = {
  divided: 'it is halved to find the file that did it',
  alone: 'its last file is tried with nothing else on this node',
  failed: 'its last file is recorded as failed',
}

function describe(event: NodeEvent): string {
  switch (event.type) {
    case 'joined':
      return `${event.node.name} joined ${event.server}, queue ${event.queue}, with ${countOf(event.node.threads, 'thread')}, root ${event.root}`
    case 'shard-started':
      return `shard ${event.shard}: ${countOf(event.fileCount, 'file')}, ${formatBytes(event.bytes)}`
    case 'shard-ended': {
      const speed = event.durationMs > 0 ? `, ${threeDigits(event.bytes / 1000 / event.durationMs)} MB/s` : ''
      const failed = event.failedFiles > 0 ? `, ${event.failedFiles} failed` : ''
      const end = event.reason === null ? 'done' : `given up (${event.reason})`
      return `shard ${event.shard} ${end}: ${countOf(event.files, 'file')} committed${failed} in ${formatDuration(event.durationMs)}${speed}`
    }
    case 'job-refused':
      return `refused job ${event.jobId}: ${event.code}: ${event.message}`
    case 'shard-suspected':
      return `shard ${event.shard} has brought down ${countOf(event.stalls, 'node')}: ${ACTIONS[event.action] ?? event.action}`
    case 'lease-lost':
      return `gave up job ${event.jobId}: the queue could not be reached in time, so another node may have it`
    case 'connection':
      return `queue: ${event.message}`
    case 'draining':
      return 'draining: files in work are finished, the rest goes back to the queue (again: end at once)'
  }
}

import type { ClusterStatus } from '../control/cluster-status.ts'
import { printableName } from '../errors/printable-name.ts'
import { countOf, formatBytes, threeDigits } from './format-quantity.ts'

/** What `migrate status` prints. */
export function formatStatus({ server, queue, jobs, nodes, inWork, failures }: ClusterStatus): string {
  const counts = Object.entries(jobs).map(([state, count]) => `${count} ${state}`)
  const lines = [
    `${server}, queue ${queue}`,
    `  shards     ${counts.join(', ')}`,
    `  nodes      ${nodes.length} connected`,
  ]
  const shown = new Set<string>()
  for (const { node, shard, doneFiles, readBytes, megabytesPerSecond, verdict, current } of inWork) {
    if (!shown.has(node.name)) {
      const bound = verdict === null ? '' : `, ${verdict}`
      lines.push(`  ${node.name}: ${countOf(node.threads, 'thread')}, ${threeDigits(megabytesPerSecond)} MB/s${bound}`)
      shown.add(node.name)
    }
    lines.push(`    shard ${shard}: ${countOf(doneFiles, 'file')} done, ${formatBytes(readBytes)} read`)
    for (const { file } of current) lines.push(`      ${printableName(file)}`)
  }
  for (const { jobId, reason } of failures) {
    lines.push(
      `  failed     ${printableName(jobId.slice(0, 8))}...${printableName(jobId.slice(-24))}: ${printableName(reason)}`,
    )
  }
  return `${lines.join('\n')}\n`
}

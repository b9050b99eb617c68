import { printableName } from '../../errors/printable-name.ts'
import type { ClusterFigures, NodeFigures } from '../../model/report.ts'
import { countOf, formatBytes, threeDigits } from './format-quantity.ts'

/** Nodes that are listed without `-v`. */
const LISTED_NODES = 8

/** What a report says of the nodes of its run: label and text, in all its forms. */
export function describeCluster(cluster: ClusterFigures | null, isVerbose: boolean): (readonly [string, string])[] {
  if (cluster === null || cluster.nodes.length === 0) return []
  const { nodes, imbalance, shards, backEnd, advice } = cluster
  const over = imbalance === null ? '' : `; the most over the mean: ${threeDigits(imbalance)} times`
  const shown = nodes
    .toSorted((a, b) => b.sourceBytes - a.sourceBytes)
    .slice(0, isVerbose ? nodes.length : LISTED_NODES)
  const left = nodes.length - shown.length
  return [
    ['Cluster', `${countOf(nodes.length, 'node')} on ${backEnd}, ${countOf(shards, 'shard')}${over}`],
    ...shown.map((node) => ['', describeNode(node)] as const),
    ...(left > 0 ? [['', `and ${countOf(left, 'node')} more`] as const] : []),
    ['', advice],
  ]
}

function describeNode({
  name,
  threads,
  files,
  sourceBytes,
  megabytesPerSecond,
  secondsPerGb,
  verdict,
}: NodeFigures): string {
  const speed = `${threeDigits(megabytesPerSecond)} MB/s${secondsPerGb === null ? '' : `, ${threeDigits(secondsPerGb)} s/GB`}`
  const bound = verdict === null ? '' : `, ${verdict}`
  return `${printableName(name)}: ${countOf(threads, 'thread')}, ${countOf(files, 'file')}, ${formatBytes(sourceBytes)}, ${speed}${bound}`
}

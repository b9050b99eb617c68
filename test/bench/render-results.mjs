// The results of bench:peers as Markdown that also reads well on a terminal.
import { OTHER_SHAPES, TARGETS } from './targets.mjs'

/** @param results what bench:peers exports as JSON. */
export function renderMarkdown({ machine, settings, groups, values, warnings }) {
  const sections = [
    `# Drover and its peers, ${machine.date.slice(0, 10)}`,
    list([
      `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB; ${machine.system}; load before: ${machine.loadBefore}`,
      Object.entries(machine.versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(', '),
      `${settings.size} of data in ${settings.files} files, ${settings.runs} interleaved runs, medians; inputs warm; scratch on ${settings.scratch}; \`--no-fsync\` unless said`,
      `CPU and memory by ${settings.measuringMethod}; ${Math.round(settings.touchedBytes / 1e9)} GB of free memory used once before`,
    ]),
    '## Where Drover must be',
    renderTargets(TARGETS, values),
    '## The other shapes, held to the same targets',
    renderTargets(OTHER_SHAPES, values),
    '## What was measured',
    ...groups.flatMap(({ name, summaries }) => [`### ${name}`, renderSummaries(summaries)]),
    '## Values',
    list([
      ...groups.flatMap(({ comparisons }) => comparisons.map(renderComparison)),
      'null, a missing member and the empty text count as equal: DuckDB makes null of an empty CSV field',
    ]),
    '## Notes',
    list([...groups.flatMap(({ notes }) => notes), ...warnings.map((warning) => `warning: ${warning}`)]),
  ]
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`
}

function renderTargets(targets, values) {
  const cell = ({ key, one, two }, threads) => {
    const target = threads === 1 ? one : two
    if (target === undefined) return ''
    const value = values[key]?.[threads - 1]
    if (value === undefined) return 'not run'
    const shown = `${value.toPrecision(3)}${target.unit} (${target.sign} ${target.limit}${target.unit})`
    return `${shown} ${target.isMet(value) ? 'pass' : 'SHORT'}`
  }
  return renderTable(
    ['work', '1 thread', '2 threads'],
    targets.map((target) => [target.work, cell(target, 1), cell(target, 2)]),
  )
}

function renderSummaries(summaries) {
  return renderTable(
    ['contender', 'wall s', 'sd %', 'CPU s', 'peak MB', 'MB/s of source'],
    summaries.map((summary) => [
      summary.name,
      summary.wallSeconds.toFixed(3),
      (summary.deviation * 100).toFixed(0),
      summary.cpuSeconds?.toFixed(2) ?? '',
      summary.peakBytes === null ? '' : (summary.peakBytes / 1e6).toFixed(0),
      summary.bytes === null ? '' : (summary.bytes / 1e6 / summary.wallSeconds).toFixed(1),
    ]),
  )
}

function renderComparison({ title, recordCount, difference }) {
  if (difference !== null) return `${title}: values DIFFER from DuckDB's: ${difference.trim().split('\n').at(-1)}`
  return `${title}: values agree with DuckDB's (${recordCount} records, in order)`
}

/** The first column is text, the others are figures. */
export function renderTable(header, rows) {
  const widths = header.map((_, column) => Math.max(3, ...[header, ...rows].map((row) => row[column].length)))
  const line = (cells) => {
    const padded = cells.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]),
    )
    return `| ${padded.join(' | ')} |`
  }
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  return [line(header), line(rule), ...rows.map(line)].join('\n')
}

function list(lines) {
  return lines.map((line) => `- ${line}`).join('\n')
}

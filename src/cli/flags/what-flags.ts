import { BUILT_IN_FORMATS } from '../../formats/built-in-formats.ts'
import { DEFAULT_TARGETS } from '../../options/defaults.ts'
import type { Flag } from './flag.ts'

function listFormats(): string {
  const names = Object.keys(BUILT_IN_FORMATS)
  return `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`
}

function describeDefaultFormat(): string {
  const others = Object.entries(BUILT_IN_FORMATS).flatMap(([name, { isTable }]) => (isTable ? [] : [name]))
  return `${DEFAULT_TARGETS.ofTables}; ${DEFAULT_TARGETS.ofRecords} when all sources are ${others.join(' or ')}`
}

/** Which sources become which targets, and which columns they keep. */
export const WHAT_FLAGS: readonly Flag[] = [
  {
    key: 'in',
    kind: 'text',
    group: 'What',
    placeholder: 'PATH',
    isPath: true,
    help: 'source: a file, a folder or a glob',
  },
  {
    key: 'out',
    kind: 'text',
    group: 'What',
    placeholder: 'PATH',
    isPath: true,
    help: 'target: a folder, or a file for a single source',
  },
  {
    key: 'to',
    kind: 'text',
    group: 'What',
    placeholder: 'FORMAT',
    help: `${listFormats()} (default: ${describeDefaultFormat()})`,
  },
  {
    key: 'from',
    kind: 'text',
    group: 'What',
    placeholder: 'FORMAT',
    help: 'format of all sources (default: told from each name)',
  },
  {
    key: 'formats',
    kind: 'list',
    group: 'What',
    placeholder: 'FILE',
    isPath: true,
    help: 'load a further format from a module, which runs its code',
  },
  {
    key: 'formatOption',
    kind: 'list',
    group: 'What',
    placeholder: 'NAME.KEY=VALUE',
    help: 'an option that such a format has of its own',
  },
  { key: 'include', kind: 'list', group: 'What', placeholder: 'PATTERN', help: 'take only paths that match' },
  { key: 'exclude', kind: 'list', group: 'What', placeholder: 'PATTERN', help: 'leave paths that match' },
  {
    key: 'filter',
    kind: 'list',
    group: 'What',
    placeholder: 'RULE',
    help: '"+ PATTERN" or "- PATTERN"; the first rule that matches decides',
  },
  {
    key: 'filterFrom',
    kind: 'list',
    group: 'What',
    placeholder: 'FILE',
    isPath: true,
    help: 'read filter rules from a file, one a line',
  },
  {
    key: 'filesFrom',
    kind: 'list',
    group: 'What',
    placeholder: 'FILE',
    isPath: true,
    help: 'take exactly the paths that a file lists, one a line',
  },
  {
    key: 'filesFrom0',
    kind: 'list',
    group: 'What',
    placeholder: 'FILE',
    isPath: true,
    help: 'the same, with NUL bytes between the paths',
  },
  {
    key: 'minSize',
    kind: 'text',
    group: 'What',
    placeholder: 'SIZE',
    help: 'leave smaller files (500, 64k, 16MiB, 1.5G)',
  },
  { key: 'maxSize', kind: 'text', group: 'What', placeholder: 'SIZE', help: 'leave larger files' },
  {
    key: 'minAge',
    kind: 'text',
    group: 'What',
    placeholder: 'TIME',
    help: 'leave files changed more recently (10s, 1.5h, 2d)',
  },
  { key: 'maxAge', kind: 'text', group: 'What', placeholder: 'TIME', help: 'leave files changed longer ago' },
  {
    key: 'maxDepth',
    kind: 'text',
    group: 'What',
    placeholder: 'N',
    help: 'descend at most N folders; 1 is the top alone',
  },
  { key: 'links', kind: 'boolean', group: 'What', help: 'follow symbolic links that stay inside the source tree' },
  {
    key: 'others',
    kind: 'text',
    group: 'What',
    placeholder: 'skip|copy|fail',
    help: 'what to do with files of unknown formats',
  },
  {
    key: 'targetName',
    kind: 'text',
    group: 'What',
    placeholder: 'replace|append',
    help: 'a.csv becomes a.ndjson, or a.csv.ndjson',
  },
  { key: 'overwrite', kind: 'boolean', group: 'What', help: 'replace targets that no earlier run made' },
  { key: 'prune', kind: 'boolean', group: 'What', help: 'remove targets whose sources are gone' },
  {
    key: 'select',
    kind: 'list',
    group: 'What',
    placeholder: 'NAME[=SOURCE],...',
    help: 'the columns of the targets, in this order',
  },
  { key: 'drop', kind: 'list', group: 'What', placeholder: 'NAME,...', help: 'columns to leave out' },
  {
    key: 'map',
    kind: 'text',
    group: 'What',
    placeholder: 'FILE',
    isPath: true,
    help: 'a mapping: names, types and nulls of columns (yaml, toml, json; docs/mapping.md)',
  },
]

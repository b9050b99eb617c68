import type { Flag } from './flag.ts'

/** What earlier runs left, and what counts as failed. */
export const STATE_FLAGS: readonly Flag[] = [
  { key: 'force', kind: 'boolean', group: 'State', help: 'convert everything again' },
  {
    key: 'checksum',
    kind: 'boolean',
    group: 'State',
    help: 'compare contents, not sizes and times, to tell what is done',
  },
  { key: 'unlock', kind: 'boolean', group: 'State', help: 'take the target tree from a run on another host' },
  { key: 'maxRejects', kind: 'text', group: 'State', placeholder: 'N|P%', help: 'a file with more rejects fails' },
  {
    key: 'maxExpansion',
    kind: 'text',
    group: 'State',
    placeholder: 'N|none',
    help: 'a file fails whose target is more than N times as large',
  },
  { key: 'errorOnEmpty', kind: 'boolean', group: 'State', help: 'exit code 9 where there is nothing to convert' },
  { key: 'dryRun', kind: 'boolean', short: '-n', group: 'State', help: 'show the plan and write nothing' },
  {
    key: 'config',
    kind: 'text',
    group: 'State',
    placeholder: 'FILE',
    help: 'yaml, toml, json, or a js/ts module (default: migrate.config.{yaml,yml,toml,json} here)',
  },
]

import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { expectExit, runProgram } from '../faults/run-program.ts'

/*
 * A source tree, and a target tree whose bookkeeping has one of everything that Drover ever leaves there: proofs, rejects, reports of shards,
 * and what dead runs left of locks, members, manifests, staged files and a run on a cluster. A little is left to convert.
 */

export const MANIFEST_HASH = 'ab'.repeat(32)
/** A run that died. */
export const DEAD_RUN = '000009-abcdef'

const DEAD_OWNER = {
  host: hostname(),
  bootId: 'another boot',
  pid: 1,
  pidNamespace: null,
  processStartTime: null,
  runId: DEAD_RUN,
  manifestHash: MANIFEST_HASH,
}

/** Makes `in` and `out` below a folder. */
export async function makeAttackTree(base: string): Promise<void> {
  const source = join(base, 'in')
  mkdirSync(join(source, 'sub'), { recursive: true })
  writeFileSync(join(source, 'a.csv'), 'id,name\n1,Ulm\n')
  writeFileSync(join(source, 'sub', 'b.csv'), 'id,name\n1,Ulm\n2,Bonn,3\n')
  writeFileSync(join(source, 'gone.csv'), 'id\n1\n')
  const run = ['run', '--in', source, '--out', join(base, 'out'), '--quiet', '--threads', '1']
  for (const shard of ['1/2', '2/2']) {
    const ended = await runProgram([...run, '--shard', shard])
    if (ended.exitCode !== 12) expectExit(ended, 0)
  }
  const books = join(base, 'out', '.migrate')
  cpSync(join(source, 'gone.csv'), join(base, 'gone.csv'))
  const leftovers: Readonly<Record<string, string>> = {
    lock: JSON.stringify(DEAD_OWNER),
    'lock.try-000009-abcdee': JSON.stringify(DEAD_OWNER),
    [`lock.members/${DEAD_RUN}.json`]: JSON.stringify({ ...DEAD_OWNER, division: '2 shards', part: 'shard 1' }),
    [`manifests/${DEAD_RUN}.ndjson`]: [
      { runId: DEAD_RUN, manifestHash: MANIFEST_HASH, planHash: MANIFEST_HASH },
      { target: 'sub/b.ndjson', stagedFolder: 'sub' },
    ]
      .map((line) => `${JSON.stringify(line)}\n`)
      .join(''),
    [`staged/${DEAD_RUN}/local/0`]: 'staged',
    'rejects/index.ndjson': '{"file":"x.csv","rejects":"0123.ndjson"}\n',
    [`cluster/${MANIFEST_HASH}/${DEAD_RUN}/plan.json`]: '{"planVersion":0}\n',
    [`commit/${MANIFEST_HASH}/${DEAD_RUN}/0/0/0.json`]: '{"kind":"done"}\n',
  }
  for (const [path, text] of Object.entries(leftovers)) {
    mkdirSync(join(books, path, '..'), { recursive: true })
    writeFileSync(join(books, path), text)
  }
  writeFileSync(join(base, 'out', 'sub', `.migrate-staged-${DEAD_RUN}-local-0`), 'staged beside')
  writeFileSync(join(base, 'out', 'own.txt'), 'not of Drover')
  // Something to do, and something to do again.
  writeFileSync(join(source, 'new.csv'), 'id,name\n7,Trier\n')
  writeFileSync(join(source, 'sub', 'b.csv'), 'id,name\n1,Ulm\n2,Bonn\n3,Trier,4\n')
}

/** Everything below a folder: kind, mode, size, time of change, content. Links are not followed. */
export function listAll(folder: string): Record<string, string> {
  const listing: Record<string, string> = {}
  const visit = (path: string, name: string): void => {
    const stats = lstatSync(path)
    const content = stats.isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : ''
    const destination = stats.isSymbolicLink() ? readlinkSync(path) : ''
    listing[name] = [stats.mode.toString(8), stats.size, stats.mtimeMs, content, destination].join(' ')
    if (stats.isDirectory()) for (const inner of readdirSync(path)) visit(join(path, inner), `${name}/${inner}`)
  }
  visit(folder, '.')
  return listing
}

/** The targets of a tree with their text. */
export function targetsOf(out: string): Record<string, string> {
  const names = ['a.ndjson', 'new.ndjson', 'sub/b.ndjson'].filter((name) => existsSync(join(out, name)))
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(out, name), 'utf8')]))
}

/** Fields of lines and reports that name paths. */
const PATH_FIELDS = new Set([
  'source',
  'target',
  'path',
  'file',
  'rejects',
  'stagedFolder',
  'stagedTarget',
  'stagedRejects',
  'targetsFile',
  'sourceRoot',
  'targetRoot',
])

/** The text with every path in it leading out of its tree, under checksums that fit. */
export function leadOut(text: string, way: string): string {
  return text
    .split('\n')
    .map((line) => leadLineOut(line, way))
    .join('\n')
}

function leadLineOut(line: string, way: string): string {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return line
  }
  const changed = JSON.parse(JSON.stringify(value), (key, inner: unknown) =>
    PATH_FIELDS.has(key) && typeof inner === 'string' ? way : inner,
  ) as Record<string, unknown>
  if (typeof changed !== 'object' || changed === null || !('crc' in changed)) return JSON.stringify(changed)
  const [name, content] = Object.entries(changed).find(([key]) => key !== 'crc') ?? ['', null]
  const body = JSON.stringify(content)
  const crc = crc32(body).toString(16).padStart(8, '0')
  return `{"crc":"${crc}","${name}":${body}}`
}

// One table of cases on every storage: what a tree becomes must not depend on where it is read.
import { mkdirSync, readFileSync, existsSync, unlinkSync, writeFileSync, utimesSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { resolveOptions } from '../../src/control/plan/make-plan.ts'
import { discoverSources, type Discovery } from '../../src/discover/discover-sources.ts'
import { formatOfName } from '../../src/formats/registry.ts'
import type { FileResult } from '../../src/model/task-result.ts'
import { buildDataPlan } from '../../src/plan/build-data-plan.ts'
import { InlineExecutor } from '../../src/schedule/inline-executor.ts'
import { localSources } from '../../src/storage/local/local-sources.ts'
import type { SourceStorage } from '../../src/storage/source-storage.ts'
import { MemorySources, type MemoryOptions } from '../support/memory-storage/memory-sources.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const ROWS = Array.from({ length: 700 }, (_, row) => ({
  id: `${row}`,
  name: `näme ${row}`,
  note: row % 7 === 0 ? 'a "b"' : '',
}))
const TREE: Readonly<Record<string, string>> = {
  'a.csv': `id,name,note\n${ROWS.map(({ id, name, note }) => `${id},${name},"${note.replaceAll('"', '""')}"`).join('\n')}\n`,
  'b/a.tsv': `id\tname\n${ROWS.map(({ id, name }) => `${id}\t${name}`).join('\n')}\n`,
  'b/c.ndjson': ROWS.map((row) => JSON.stringify(row)).join('\n'),
  'd.json': JSON.stringify(ROWS),
  'empty.csv': '',
  'small.csv': 'a\n1\n',
}
/** Chunks of 4 KiB, so that files have many. */
const OPTIONS = { chunkSize: 4096, maxRecordSize: 65_536 }

interface Place {
  readonly sources: SourceStorage
  readonly root: string
  readonly change: (name: string, content: string | null) => void
}

function localPlace(): Place {
  const root = temporaryFolder()
  const change = (name: string, content: string | null): void => {
    const path = join(root, name)
    if (content === null) return unlinkSync(path)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
    // Never the time that it had: file systems keep those of ticks.
    utimesSync(path, 1, Math.floor(Math.random() * 1e9))
  }
  for (const [name, content] of Object.entries(TREE)) change(name, content)
  return { sources: localSources, root, change }
}

function memoryPlace(options: MemoryOptions = {}): Place {
  const sources = new MemorySources(options)
  const change = (name: string, content: string | null): void => {
    if (content === null) sources.files.delete(`/tree/${name}`)
    else sources.put(`/tree/${name}`, content)
  }
  for (const [name, content] of Object.entries(TREE)) change(name, content)
  return { sources, root: '/tree', change }
}

const PLACES: Readonly<Record<string, () => Place>> = {
  'local files': localPlace,
  'memory that answers at once': () => memoryPlace(),
  'memory that answers later': () => memoryPlace({ latencyMs: 0 }),
  'memory with short reads that answers later': () => memoryPlace({ latencyMs: 0, mostBytes: 1000 }),
}

function discover({ sources, root }: Place): Promise<Discovery> {
  const options = resolveOptions({ in: root, out: '.', ...OPTIONS })
  return discoverSources({ ...options, formatOf: formatOfName }, { sources })
}

interface Outcome {
  readonly code: string | null
  readonly target: string | null
  readonly rejects: string | null
}

/** Converts all files of a list, each to ndjson, after something was done to the tree. */
async function convertAll(place: Place, { files, root }: Discovery, only?: string): Promise<Record<string, Outcome>> {
  const folder = temporaryFolder()
  const plan = buildDataPlan(resolveOptions({ in: '.', out: '.', ...OPTIONS, checksum: true }), 'ndjson')
  const executor = new InlineExecutor(plan, place.sources)
  const outcomes: Record<string, Outcome> = {}
  for (let index = 0; index < files.length; index++) {
    const relativePath = files.path(index)
    if (only !== undefined && relativePath !== only) continue
    const [stagedTarget, stagedRejects] = [join(folder, `${index}`), join(folder, `${index}.rejects`)]
    const head = { sizeBytes: files.sizeBytes(index), mtimeNs: files.mtimeNs(index), version: files.version(index) }
    const names = { index, relativePath, sourcePath: `${root}/${relativePath}`, stagedTarget, stagedRejects }
    const result = await executor.run({ kind: 'convert', files: [{ ...names, ...head, format: files.format(index) }] })
    if (result.kind !== 'convert') throw new Error(result.kind)
    outcomes[relativePath] = {
      code: codeOf(result.files[0]!),
      target: readIfThere(stagedTarget),
      rejects: readIfThere(stagedRejects),
    }
  }
  return outcomes
}

function readIfThere(path: string): string | null {
  return existsSync(path) ? readFileSync(path, 'utf8') : null
}

function codeOf(result: FileResult): string | null {
  return result.isConverted ? null : result.error.code
}

describe.each(Object.entries(PLACES))('from %s', (_, makePlace) => {
  it('a tree is listed and becomes the same bytes', async () => {
    const place = makePlace()
    const local = localPlace()
    const expected = await convertAll(local, await discover(local))
    expect(Object.keys(expected)).toEqual(['a.csv', 'd.json', 'empty.csv', 'small.csv', 'b/a.tsv', 'b/c.ndjson'])
    expect(await convertAll(place, await discover(place))).toEqual(expected)
    expect(expected['a.csv']!.target!.split('\n')).toHaveLength(ROWS.length + 1)
  })

  it.each(['a.csv', 'small.csv', 'd.json'])('%s is refused where it has changed, though not in size', async (name) => {
    const place = makePlace()
    const list = await discover(place)
    place.change(name, TREE[name]!.replace('1', '2'))
    expect(await convertAll(place, list, name)).toEqual({
      [name]: { code: 'SOURCE_CHANGED', target: null, rejects: null },
    })
  })

  it.each(['a.csv', 'small.csv'])('%s is missing where it is gone', async (name) => {
    const place = makePlace()
    const list = await discover(place)
    place.change(name, null)
    expect(await convertAll(place, list, name)).toEqual({
      [name]: { code: 'SOURCE_MISSING', target: null, rejects: null },
    })
  })
})

describe.each([undefined, 0, 2])('memory that answers after %s ms', (latencyMs) => {
  it('gives the same bytes for short reads of any size', async () => {
    const plain = memoryPlace()
    const list = await discover(plain)
    const expected = await convertAll(plain, list, 'small.csv')
    for (let mostBytes = 1; mostBytes <= 5; mostBytes++) {
      const place = memoryPlace({ mostBytes, ...(latencyMs === undefined ? {} : { latencyMs }) })
      expect(await convertAll(place, list, 'small.csv'), `${mostBytes} bytes`).toEqual(expected)
    }
  })

  it('fails the file with the error of any call, and leaves nothing', async () => {
    const later = latencyMs === undefined ? {} : { latencyMs }
    const list = await discover(memoryPlace())
    let calls = 0
    await convertAll(memoryPlace({ ...later, beforeCall: () => void calls++ }), list, 'b/c.ndjson')
    expect(calls).toBeGreaterThan(4)
    for (let failing = 1; failing <= calls; failing++) {
      const place = memoryPlace({
        ...later,
        beforeCall: (call, path, number) => {
          if (number === failing) throw Object.assign(new Error(`${call} ${path}`), { code: 'EIO' })
        },
      })
      const outcome = await convertAll(place, list, 'b/c.ndjson')
      expect(outcome, `call ${failing}`).toEqual({ 'b/c.ndjson': { code: 'EIO', target: null, rejects: null } })
    }
  })

  it('tells a file that ends too soon', async () => {
    const place = memoryPlace({
      ...(latencyMs === undefined ? {} : { latencyMs }),
      beforeCall: (_, path, number) => {
        // What its head says stays: only the bytes are fewer.
        if (number === 3) Object.assign(sources.files.get(path)!, { bytes: lyingAbout(sources.files.get(path)!.bytes) })
      },
    })
    const sources = place.sources as MemorySources
    const list = await discover(place)
    expect((await convertAll(place, list, 'a.csv'))['a.csv']!.code).toBe('SOURCE_SHORT')
  })
})

/** Bytes that say that they are more than they are. */
function lyingAbout(bytes: Uint8Array): Uint8Array {
  const short = new Uint8Array(bytes.subarray(0, 5000))
  Object.defineProperty(short, 'length', { value: bytes.length })
  return short
}

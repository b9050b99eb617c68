// One table of cases on every target storage: what a file becomes must not depend on where it is written, nor on when that is answered.
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createBatchMemory } from '../../src/batch/batch-memory.ts'
import { RecordBatch } from '../../src/batch/record-batch.ts'
import { resolveOptions } from '../../src/control/plan/make-plan.ts'
import { convertRecords } from '../../src/convert/convert-records.ts'
import { copyFile } from '../../src/convert/copy-file.ts'
import type { ConvertContext } from '../../src/convert/file-work.ts'
import { helpSplit } from '../../src/convert/split/convert-split.ts'
import { createSplitMemory } from '../../src/convert/split/split-board.ts'
import { ThreadTargets } from '../../src/convert/thread-targets.ts'
import type { DataPlan } from '../../src/model/data-plan.ts'
import type { FormatName } from '../../src/model/format-name.ts'
import { noStageTimes } from '../../src/model/no-stage-times.ts'
import type { FileResult } from '../../src/model/task-result.ts'
import type { FileTask } from '../../src/model/task.ts'
import type { MigrateOptions } from '../../src/options/options.ts'
import { buildDataPlan } from '../../src/plan/build-data-plan.ts'
import { InlineExecutor } from '../../src/schedule/inline-executor.ts'
import { isPromise } from '../../src/storage/answer.ts'
import { localSources } from '../../src/storage/local/local-sources.ts'
import { LocalStorage } from '../../src/storage/local/local-storage.ts'
import type { OutputStorage } from '../../src/storage/output-storage.ts'
import type { SourceStorage } from '../../src/storage/source-storage.ts'
import { registerStorage } from '../../src/storage/storages.ts'
import { MemorySources } from '../support/memory-storage/memory-sources.ts'
import type { MemoryOutputOptions } from '../support/memory-storage/memory-outputs.ts'
import { MemoryStorage } from '../support/memory-storage/memory-storage.ts'
import { MemoryTarget } from '../support/memory-storage/memory-target.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

interface Case {
  readonly format: FormatName | 'bytes'
  readonly to: FormatName
  readonly source: string
  readonly options?: Partial<MigrateOptions>
}

const ROWS = Array.from({ length: 500 }, (_, row) => ({ id: row, name: `näme ${row}`, note: row % 7 ? '' : 'a "b"' }))
/** Every ninth is ragged. */
const CSV = `id,name\n${ROWS.map(({ id, name }) => (id % 9 ? `${id},${name}` : `${id},${name},more`)).join('\n')}\n`
const NDJSON = ROWS.map((row) => JSON.stringify(row)).join('\n')

const CASES: Readonly<Record<string, Case>> = {
  'csv with rejects': { format: 'csv', to: 'ndjson', source: CSV },
  'ndjson with a column that comes late': { format: 'ndjson', to: 'csv', source: `${NDJSON}\n{"late":1}\n` },
  'late columns and rejects': { format: 'ndjson', to: 'csv', source: `${NDJSON}\nnone\n{"late":1}\n` },
  'a json array': { format: 'json', to: 'csv', source: JSON.stringify(ROWS) },
  'an empty file': { format: 'csv', to: 'json', source: '' },
  'a file that is copied': { format: 'bytes', to: 'csv', source: CSV.repeat(3) },
  'an empty file that is copied': { format: 'bytes', to: 'csv', source: '' },
  'the stream engine': { format: 'csv', to: 'ndjson', source: CSV, options: { engine: 'stream', lossy: true } },
  'a file that fails at its end': { format: 'json', to: 'ndjson', source: JSON.stringify(ROWS).slice(0, -1) },
  'too many rejects': { format: 'csv', to: 'ndjson', source: CSV, options: { maxRejects: '1%' } },
  'the stream engine, which fails': {
    format: 'csv',
    to: 'ndjson',
    source: `${CSV}1,"open\n`,
    options: { engine: 'stream', lossy: true },
  },
}
const FAILING = ['a file that fails at its end', 'too many rejects', 'the stream engine, which fails']

/** Where a case writes. */
interface Place {
  readonly outputs: OutputStorage
  readonly folder: string
  /** Called before each call that reaches a file. What it throws is the answer. */
  watch: (call: string) => void
  /** All files that are there. */
  readonly files: () => Record<string, string>
}

const nobodyWatches: Place['watch'] = () => {}

function localPlace(): Place {
  const root = temporaryFolder()
  const folder = join(root, '.migrate', 'staged')
  mkdirSync(folder, { recursive: true })
  const storage = new LocalStorage(root)
  const place: Place = {
    folder,
    watch: nobodyWatches,
    files: () =>
      Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')])),
    outputs: {
      isSynchronous: true,
      shared: storage.shared,
      beginTask: () => storage.beginTask(),
      createStaged: (path, options) => {
        place.watch('create')
        const output = storage.createStaged(path, options)
        return {
          write: (bytes, start, end) => (place.watch('write'), output.write(bytes, start, end)),
          close: () => (place.watch('close'), output.close()),
          discard: () => output.discard(),
        }
      },
    },
  }
  return place
}

function memoryPlace(options: MemoryOutputOptions): Place & { readonly target: MemoryTarget } {
  const target = new MemoryTarget('/tree', 0, options)
  for (const folder of ['.migrate', '.migrate/staged']) target.disk.makeFolder(folder)
  const place = {
    target,
    outputs: target,
    folder: '/tree/.migrate/staged',
    watch: nobodyWatches,
    files: () =>
      Object.fromEntries(
        Object.entries(target.tree).map(([name, text]) => [name.slice('.migrate/staged/'.length), text]),
      ),
  }
  target.watch = (call) => place.watch(call)
  return place
}

const PLACES: Readonly<Record<string, () => Place>> = {
  'local files': localPlace,
  'memory that answers at once': () => memoryPlace({}),
  'memory with short writes': () => memoryPlace({ mostBytes: 1000 }),
  'memory that answers later': () => memoryPlace({ latencyMs: 0 }),
  'memory with short writes that answers later': () => memoryPlace({ latencyMs: 0, mostBytes: 1000 }),
}

/** Chunks of 4 KiB, so that files have many. */
function planOf({ to, options }: Case): DataPlan {
  const resolved = resolveOptions({ in: '.', out: '.', chunkSize: 4096, maxRecordSize: 65_536, ...options })
  return buildDataPlan(resolved, to)
}

function taskOf({ format, source }: Case, folder: string): FileTask {
  const sourcePath = join(temporaryFolder(), 'source')
  writeFileSync(sourcePath, source)
  const { size, mtimeNs } = statSync(sourcePath, { bigint: true })
  const staged = { stagedTarget: `${folder}/target`, stagedRejects: `${folder}/rejects` }
  return { index: 0, sourcePath, relativePath: 'source', format, sizeBytes: Number(size), mtimeNs, ...staged }
}

type Timeless<Result> = Result extends FileResult ? Omit<Result, 'stageNs' | 'startNs' | 'durationNs' | 'slice'> : never

interface Outcome {
  readonly result: Timeless<FileResult>
  readonly files: Record<string, string>
}

async function convert(name: string, place: Place, kind: 'convert' | 'lead' = 'convert'): Promise<Outcome> {
  const what = CASES[name]!
  const file = taskOf(what, place.folder)
  const executor = new InlineExecutor(planOf(what), localSources, place.outputs)
  const split = { file, memory: createSplitMemory(), blockBytes: 4096 }
  const answer = await executor.run(kind === 'lead' ? { kind, ...split } : { kind, files: [file] })
  if (answer.kind !== 'convert') throw new Error(answer.kind)
  const { stageNs: _stages, startNs: _start, durationNs: _duration, slice: _slice, ...result } = answer.files[0]!
  return { result, files: place.files() }
}

interface Sum {
  readonly sizeBytes: number
  readonly hash: number
}

function sumsOf(files: Record<string, string>): Record<string, Sum> {
  return Object.fromEntries(
    Object.entries(files).map(([name, text]) => [name, { sizeBytes: Buffer.byteLength(text), hash: crc32(text) }]),
  )
}

/** The same, as the result says it. */
function toldSums(result: Outcome['result']): Record<string, Sum> {
  if (!result.isConverted) return {}
  const target = { sizeBytes: result.targetBytes, hash: result.targetHash }
  return result.rejects === undefined ? { target } : { target, rejects: result.rejects }
}

describe.each(Object.entries(PLACES))('to %s', (_, makePlace) => {
  it.each(Object.keys(CASES))('%s becomes the same', async (name) => {
    const expected = await convert(name, localPlace())
    const { result, files } = await convert(name, makePlace())
    expect(result).toEqual(expected.result)
    expect(files).toEqual(expected.files)
    expect(result.isConverted).toBe(!FAILING.includes(name))
    expect('target' in files).toBe(result.isConverted)
    expect(sumsOf(files)).toEqual(toldSums(result))
  })

  it.each(['csv with rejects', 'late columns and rejects', 'a file that is copied', 'the stream engine'])(
    '%s fails with the error of any call, and what was written is gone',
    async (name) => {
      let isHit = true
      for (let failing = 0; isHit; failing++) {
        const place = makePlace()
        let failed = ''
        let number = 0
        place.watch = (call) => {
          if (number++ !== failing) return
          failed = call
          throw Object.assign(new Error(`made up: ${call}`), { code: 'ENOSPC', syscall: 'write' })
        }
        const { result, files } = await convert(name, place)
        isHit = failed !== ''
        const code = result.isConverted ? null : result.error.code
        expect(code, `call ${failing}: ${failed}`).toBe(isHit ? 'ENOSPC' : null)
        // What is closed goes at the end of the run.
        const isKept = failed.startsWith('close') || !isHit
        expect(isKept ? {} : files, `call ${failing}: ${failed}`).toEqual({})
        expect(isHit || failing > 3).toBe(true)
      }
    },
  )

  it('nothing is written over', async () => {
    for (const taken of ['target', 'rejects']) {
      const place = makePlace()
      const output = await place.outputs.createStaged(`${place.folder}/${taken}`, { mode: 0o600 })
      const mine = Buffer.from('mine')
      await output.write(mine, 0, mine.length)
      await output.close()
      const { result, files } = await convert('csv with rejects', place)
      expect(result.isConverted ? null : result.error.code, `${taken} is there`).toBe('EEXIST')
      expect(files).toEqual({ [taken]: 'mine' })
    }
  })

  it('a file that was to be split becomes what it is on one thread', async () => {
    const expected = await convert('csv with rejects', localPlace())
    expect(await convert('csv with rejects', makePlace(), 'lead')).toEqual(expected)
  })
})

function contextOf(plan: DataPlan, outputs: OutputStorage, sources: SourceStorage = localSources): ConvertContext {
  return {
    plan,
    batch: new RecordBatch(createBatchMemory(plan.maxRecordBytes, plan.chunkBytes)),
    sourcesAt: () => sources,
    targets: new ThreadTargets(outputs),
    shouldStop: () => false,
    onProgress: () => {},
    onLargeTarget: () => {},
    spans: null,
  }
}

it('no promise is made for local files', () => {
  for (const name of ['csv with rejects', 'late columns and rejects', 'a file that is copied']) {
    const what = CASES[name]!
    const { outputs, folder, files } = localPlace()
    const context = contextOf(planOf(what), outputs)
    const { format, ...file } = taskOf(what, folder)
    const converted =
      format === 'bytes'
        ? copyFile({ format, ...file }, context, noStageTimes())
        : convertRecords({ file: { format, ...file }, context, stageNs: noStageTimes() })
    expect(isPromise(converted), `a promise for ${name}`).toBe(false)
    expect(Object.keys(files())).toContain('target')
  }
})

it.each(['csv with rejects', 'a file that is copied'])(
  'the next chunk of %s is read when the last one is written',
  async (name) => {
    const place = memoryPlace({ latencyMs: 1, mostBytes: 1000 })
    let reads = 0
    const beforeCall = (call: string): void => {
      if (call !== 'readAt') return
      reads++
      expect(place.target.outputs.unanswered).toBe(0)
    }
    const sources = new MemorySources({ latencyMs: 0, beforeCall })
    const what = CASES[name]!
    sources.put('/source', what.source)
    const { mtimeNs, version } = sources.files.get('/source')!
    const file = { ...taskOf(what, place.folder), sourcePath: '/source', mtimeNs, version }
    const answer = await new InlineExecutor(planOf(what), sources, place.outputs).run({
      kind: 'convert',
      files: [file],
    })
    if (answer.kind !== 'convert') throw new Error(answer.kind)
    expect(answer.files[0]).toMatchObject({ isConverted: true })
    expect(reads).toBeGreaterThan(2)
    expect(place.files()).toEqual((await convert(name, localPlace())).files)
  },
)

it('nobody helps with a file whose target cannot be shared', () => {
  const what = CASES['csv with rejects']!
  const place = memoryPlace({ latencyMs: 0 })
  const calls: string[] = []
  place.watch = (call) => void calls.push(call)
  const task = { file: taskOf(what, place.folder), memory: createSplitMemory(), blockBytes: 4096 }
  // Whoever helps waits for the leader, and looks meanwhile whether the run stops.
  let isWaiting = false
  const shouldStop = (): boolean => (isWaiting = true)
  expect(helpSplit(task, { ...contextOf(planOf(what), place.outputs), shouldStop })).toBeNull()
  expect([isWaiting, calls]).toEqual([false, []])
})

it('a thread finds the storage of a target by its path', async () => {
  const root = join(temporaryFolder(), 'registered')
  const target = new MemoryTarget(root)
  for (const folder of ['.migrate', '.migrate/staged']) target.disk.makeFolder(folder)
  const { targets } = new MemoryStorage(root)
  const holds = (path: string): boolean => path === root
  onTestFinished(
    registerStorage({ holds, isReachedByThreads: false, sources: localSources, targets, openTarget: () => target }),
  )
  const what = CASES['csv with rejects']!
  const executor = new InlineExecutor(planOf(what))
  const local = localPlace()
  for (const folder of [`${root}/.migrate/staged`, local.folder])
    await executor.run({ kind: 'convert', files: [taskOf(what, folder)] })
  const { files } = await convert('csv with rejects', localPlace())
  expect(target.tree).toEqual({
    '.migrate/staged/rejects': files.rejects,
    '.migrate/staged/target': files.target,
  })
  expect(local.files()).toEqual(files)
  expect(existsSync(root)).toBe(false)
})

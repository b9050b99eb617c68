import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { crc32 } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { CommitOutcome } from '../../src/commit/publish/commit-outcome.ts'
import type { Proof } from '../../src/commit/publish/proof.ts'
import { Publisher } from '../../src/commit/publish/publisher.ts'
import type { StagedTarget } from '../../src/commit/publish/staged-target.ts'
import { openTarget } from '../../src/commit/publish/target-access.ts'
import type { WireError } from '../../src/errors/migration-error.ts'
import { LocalStorage } from '../../src/storage/local/local-storage.ts'
import type { TargetStorage } from '../../src/storage/target-storage.ts'
import { memoryError } from '../support/memory-storage/memory-disk.ts'
import { MemoryTarget } from '../support/memory-storage/memory-target.ts'
import { look } from './staged-files.ts'
import { makeTargetRoot } from './temporary-tree.ts'

/** One publisher on any storage: the same table for local files and for a memory that answers later. */

interface Bed {
  readonly storage: TargetStorage
  readonly put: (name: string, content: string) => void
  /** Null: nothing is there. */
  readonly read: (name: string) => string | null
  readonly seen: (name: string) => StagedTarget['seen']
}

function localBed(): Bed {
  const root = makeTargetRoot()
  return {
    storage: new LocalStorage(root),
    put: (name, content) => {
      mkdirSync(dirname(join(root, name)), { recursive: true })
      writeFileSync(join(root, name), content)
    },
    read: (name) => (existsSync(join(root, name)) ? readFileSync(join(root, name), 'utf8') : null),
    seen: (name) => look(join(root, name)),
  }
}

function memoryBed(latencyMs: number): Bed & { readonly storage: MemoryTarget } {
  const storage = new MemoryTarget('/memory/out', latencyMs)
  return {
    storage,
    put: (name, content) => storage.put(name, content),
    read: (name) => storage.tree[name] ?? null,
    seen: (name) => storage.seen(name),
  }
}

const BEDS: [string, () => Bed][] = [
  ['local files', localBed],
  ['a memory', () => memoryBed(0)],
  ['a memory that answers later', () => memoryBed(1)],
]

const FILES = { 'a.csv': 'R', 'deep/er/b.csv': null, 'deep/c.csv': 'S' }

function targetOf(source: string): string {
  return source.replace('.csv', '.ndjson')
}

/** Stages a file for each source, with its rejects, as threads would have. */
function stage({ storage, put, seen }: Bed, files: Readonly<Record<string, string | null>>): StagedTarget[] {
  return Object.entries(files).map(([source, rejects], number) => {
    const staged = `.migrate/staged/${number}`
    const content = `of ${source}`
    put(staged, content)
    if (rejects !== null) put(`${staged}.rejects`, rejects)
    return {
      source,
      target: targetOf(source),
      seen: seen(targetOf(source)),
      stagedTarget: `${storage.root}/${staged}`,
      stagedRejects: rejects === null ? null : `${storage.root}/${staged}.rejects`,
      targetBytes: content.length,
      targetHash: crc32(content),
      proved: null,
    }
  })
}

interface Published {
  readonly outcomes: readonly CommitOutcome[]
  readonly proved: readonly string[]
  readonly unplaced: readonly WireError[]
}

async function publish(
  bed: Bed,
  files: readonly StagedTarget[],
  options: { comes: Proof['comes']; mayOverwrite?: boolean; onProve?: () => void },
): Promise<Published> {
  const { storage } = bed
  const { comes, mayOverwrite = false, onProve = () => {} } = options
  const proved: string[] = []
  const unplaced: WireError[] = []
  const target = openTarget({ targetRoot: storage.root, sourceRoot: null, mayOverwrite, isDurable: true, storage })
  const publisher = new Publisher(target, {
    mayHaveStaleRejects: false,
    onUnplaced: (error) => unplaced.push(error),
  })
  const proof: Proof = {
    comes,
    folder: null,
    assertOwned: () => {},
    write: async (some) => {
      onProve()
      proved.push(...some.map(({ source }) => source))
    },
  }
  const [outcomes = []] = await publisher.publish([{ files, proof }])
  return { outcomes, proved, unplaced }
}

function codesOf(outcomes: readonly CommitOutcome[]): string[] {
  return outcomes.map((outcome) => (outcome.isCommitted ? 'done' : outcome.error.code))
}

describe.each(BEDS)('on %s', (_, open) => {
  it.each(['before', 'after'] as const)('targets and rejects get their names, with a proof %s them', async (comes) => {
    const bed = open()
    const wereThere: (string | null)[] = []
    const onProve = (): void => void wereThere.push(bed.read('a.ndjson'))
    const { outcomes, proved } = await publish(bed, stage(bed, FILES), { comes, onProve })
    expect(codesOf(outcomes)).toEqual(['done', 'done', 'done'])
    expect(proved).toEqual(Object.keys(FILES))
    expect(wereThere).toEqual([comes === 'before' ? null : 'of a.csv'])
    for (const [source, rejects] of Object.entries(FILES)) {
      expect(bed.read(targetOf(source))).toBe(`of ${source}`)
      expect(bed.read(`.migrate/rejects/${source}.ndjson`)).toBe(rejects)
    }
  })

  it('a target that appeared since the plan is not replaced, and leaves nothing of the file', async () => {
    const bed = open()
    const files = stage(bed, FILES)
    bed.put('a.ndjson', 'of somebody')
    const { outcomes, proved } = await publish(bed, files, { comes: 'after' })
    expect(codesOf(outcomes)).toEqual(['TARGET_EXISTS', 'done', 'done'])
    expect(proved).toEqual(['deep/er/b.csv', 'deep/c.csv'])
    expect(bed.read('a.ndjson')).toBe('of somebody')
    expect(bed.read('.migrate/rejects/a.csv.ndjson')).toBeNull()
    expect(bed.read('.migrate/staged/0')).toBeNull()
  })

  it('nor where a record has come before it: what was staged stays', async () => {
    const bed = open()
    const files = stage(bed, FILES)
    bed.put('a.ndjson', 'of somebody')
    const { outcomes, unplaced } = await publish(bed, files, { comes: 'before' })
    expect(codesOf(outcomes)).toEqual(['done', 'done', 'done'])
    expect(unplaced.map(({ code }) => code)).toEqual(['TARGET_EXISTS'])
    expect(bed.read('a.ndjson')).toBe('of somebody')
    expect(bed.read('.migrate/staged/0')).toBe('of a.csv')
  })

  it('what the plan saw is replaced, and with --overwrite any file', async () => {
    const bed = open()
    bed.put('a.ndjson', 'of an earlier run')
    expect(codesOf((await publish(bed, stage(bed, FILES), { comes: 'after' })).outcomes)).toEqual([
      'done',
      'done',
      'done',
    ])
    expect(bed.read('a.ndjson')).toBe('of a.csv')
    const files = stage(bed, { 'd.csv': null })
    bed.put('d.ndjson', 'of somebody')
    const { outcomes } = await publish(bed, files, { comes: 'after', mayOverwrite: true })
    expect([codesOf(outcomes), bed.read('d.ndjson')]).toEqual([['done'], 'of d.csv'])
  })

  it('what a record proves is placed once, however often it is tried', async () => {
    const bed = open()
    const { storage } = bed
    const files = stage(bed, FILES)
    const target = openTarget({
      targetRoot: storage.root,
      sourceRoot: null,
      mayOverwrite: false,
      isDurable: true,
      storage,
    })
    const publisher = new Publisher(target, { mayHaveStaleRejects: false, onUnplaced: () => {} })
    for (let times = 0; times < 2; times++) expect(await publisher.place(files, new Set())).toEqual(new Map())
    const gone = { ...files[0]!, target: 'gone.ndjson' }
    expect([...(await publisher.place([gone], new Set())).values()].map(({ code }) => code)).toEqual(['COMMIT_VOID'])
  })
})

/** Publishes until it is told that a call was the last, and then again what is not proved. */
async function publishTwice(comes: Proof['comes'], failAt: number, isCrash: boolean) {
  const bed = memoryBed(0)
  const { storage } = bed
  let calls = 0
  const count = (): void => {
    calls++
    if (isCrash ? calls >= failAt : calls === failAt) throw memoryError('EIO', 'anything')
  }
  storage.watch = count
  const first = await publish(bed, stage(bed, FILES), { comes, onProve: count })
  storage.watch = () => {}
  if (isCrash) storage.crash()
  const there = storage.tree
  // What a run takes for done: proved, and there with its rejects.
  const isDone = (source: string, rejects: string | null): boolean =>
    first.proved.includes(source) &&
    targetOf(source) in there &&
    (rejects === null || `.migrate/rejects/${source}.ndjson` in there)
  const rest = Object.fromEntries(Object.entries(FILES).filter(([source, rejects]) => !isDone(source, rejects)))
  const second = await publish(bed, stage(bed, rest), { comes })
  return { first, there, second, tree: storage.tree, isOver: calls < failAt }
}

describe.each(['before', 'after'] as const)('with a proof that comes %s the names', (comes) => {
  it.each([
    ['an error', false],
    ['a crash that forgets what was not durable', true],
  ])(
    '%s at any call leaves whole targets only, none proved that is not there, and the next run makes the same tree',
    async (_, isCrash) => {
      const { tree: undisturbed } = await publishTwice(comes, Number.POSITIVE_INFINITY, false)
      let isOver = false
      let failAt = 0
      // The last one comes when all is done.
      while (!isOver) {
        const tried = await publishTwice(comes, ++failAt, isCrash)
        isOver = tried.isOver
        const { first, there, second, tree } = tried
        const visible = Object.keys(FILES).filter((source) => targetOf(source) in there)
        const whole = visible.filter((source) => there[targetOf(source)] === `of ${source}`)
        expect(whole, `call ${failAt}`).toEqual(visible)
        const provedInVain = first.proved.filter((source) => !visible.includes(source))
        expect(comes === 'after' ? provedInVain : [], `call ${failAt}`).toEqual([])
        expect(new Set([...codesOf(second.outcomes), 'done'])).toEqual(new Set(['done']))
        expect(tree, `call ${failAt}`).toMatchObject(undisturbed)
      }
      expect(failAt).toBeGreaterThan(10)
    },
  )
})

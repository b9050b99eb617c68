import fs from 'node:fs/promises'
import {
  cpSync,
  linkSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { bookkeepingPaths } from '../../src/commit/bookkeeping-paths.ts'
import { LocalStorage } from '../../src/storage/local/local-storage.ts'
import { realFileSystem } from '../../src/storage/local/placing-file-system.ts'
import { JournalWriter } from '../../src/commit/journal/journal.ts'
import { readJournals, type JournalSummary } from '../../src/commit/journal/journal-reader.ts'
import {
  formatJournalEnd,
  formatJournalHeader,
  formatJournalLine,
  parseJournalLine,
} from '../../src/commit/journal/journal-lines.ts'
import { stateOfJournal } from '../../src/commit/journal/journal-state.ts'
import { sealJournals } from '../../src/commit/journal/seal-journals.ts'
import type { JournalEntry } from '../../src/model/journal-entry.ts'
import { assertOwned, lostAfter, makeEntry, writeTree } from './staged-files.ts'
import { makeTargetRoot, readTree } from './temporary-tree.ts'

// Real syncs on a busy disk take what they take.
vi.setConfig({ testTimeout: 60_000 })

const RUN = '000001-aaaaaa'
const JOURNAL = `.migrate/journal/${RUN}-local.ndjson`
const MANIFEST = `.migrate/manifests/${RUN}.ndjson`

async function readAll(root: string): Promise<{ entries: JournalEntry[]; summary: JournalSummary }> {
  const entries: JournalEntry[] = []
  const summary = await readJournals(root, (entry) => entries.push(entry))
  return { entries, summary }
}

const HEADER = formatJournalHeader([null])

function lines(...sources: readonly string[]): string {
  return sources.map((source) => formatJournalLine(makeEntry(source, 'x'))).join('')
}

/** Opens a file whose third write only gets half way, as on a disk that is about to be full. */
const openForHalfOfThirdWrite: typeof fs.open = async (...args) => {
  const handle = await fs.open(...args)
  let writeCount = 0
  const write = handle.write.bind(handle) as (
    bytes: Buffer,
    start: number,
    length: number,
    at: number,
  ) => Promise<object>
  const writeHalf = (bytes: Buffer, start: number, length: number, at: number): Promise<object> =>
    write(bytes, start, ++writeCount === 3 ? Math.floor(length / 2) : length, at)
  return Object.assign(handle, { write: writeHalf })
}

describe('JournalWriter', () => {
  it('what is appended is read back, line by line, and nothing is made before the first append', async () => {
    const root = makeTargetRoot()
    const journal = new JournalWriter({ targetRoot: root, runId: RUN, isDurable: true })
    await journal.append([])
    expect(readTree(root)).toEqual({})
    const entries = [
      makeEntry('a "quoted"\n name.csv', 'x'),
      makeEntry('ünï/\u{1F600}.csv', 'y', { sourceHash: '0123abcd' }),
    ]
    await journal.append(entries.slice(0, 1))
    await journal.append(entries.slice(1))
    await journal.close()
    expect((await readAll(root)).entries).toEqual(entries)
  })

  it('a write that only gets half way is cut off, fails with JOURNAL_FAILED, and so does every later one', async () => {
    const root = makeTargetRoot()
    const journal = new JournalWriter({
      targetRoot: root,
      runId: RUN,
      isDurable: true,
      storage: new LocalStorage(root, { fileSystem: { ...realFileSystem, open: openForHalfOfThirdWrite } }),
    })
    // The first write keeps room, this is the second one.
    await journal.append([makeEntry('a.csv', 'x')])
    const failed = { code: 'JOURNAL_FAILED', phase: 'commit' }
    await expect(journal.append([makeEntry('b.csv', 'x')])).rejects.toMatchObject(failed)
    await expect(journal.append([makeEntry('c.csv', 'x')])).rejects.toMatchObject(failed)
    await journal.close()
    // Without its end: whatever a run could not write, its claims stand for.
    expect(readFileSync(join(root, JOURNAL), 'utf8')).toBe(HEADER + lines('a.csv'))
  })

  it('room is kept for the next commits while the journal is open, and given back when it is closed', async () => {
    const root = makeTargetRoot()
    const journal = new JournalWriter({ targetRoot: root, runId: RUN, isDurable: true })
    await journal.open()
    writeTree(root, { [MANIFEST]: 'its claims are there' })
    const path = join(root, JOURNAL)
    for (let round = 0; round < 3; round++) {
      const sources = Array.from({ length: 100 }, (_, index) => `${round}-${index}-${'x'.repeat(200)}.csv`)
      await journal.append(sources.map((source) => makeEntry(source, 'x')))
      expect(statSync(path).size - readFileSync(path).indexOf(0)).toBeGreaterThanOrEqual(64 * 1024)
      // A kill here would leave the zeros: they are no commit, and hide none.
      expect((await readAll(root)).entries).toHaveLength((round + 1) * 100)
    }
    await journal.close()
    expect(readFileSync(path).includes(0)).toBe(false)
    expect((await readAll(root)).summary).toMatchObject({ entryCount: 300, damage: [], unsealed: [] })
  })

  it('a journal that was opened for nothing leaves no file', async () => {
    const root = makeTargetRoot()
    const journal = new JournalWriter({ targetRoot: root, runId: RUN, isDurable: true })
    await journal.open()
    await journal.close()
    expect(readTree(root)).toEqual({})
  })

  it.each([
    ['removed', (folder: string) => rmSync(folder, { recursive: true })],
    ['moved away', (folder: string) => renameSync(folder, `${folder}-moved`)],
    [
      'copied, and the copy put in its place',
      (folder: string) => {
        renameSync(folder, `${folder}-moved`)
        cpSync(`${folder}-moved`, folder, { recursive: true })
      },
    ],
    [
      'linked',
      (folder: string) => {
        renameSync(folder, `${folder}-moved`)
        symlinkSync(`${folder}-moved`, folder)
      },
    ],
  ])('once its folder is %s it proves nothing more, and says so', async (_, change) => {
    const root = makeTargetRoot()
    const journal = new JournalWriter({ targetRoot: root, runId: RUN, isDurable: true })
    const { tree } = bookkeepingPaths(root)
    await journal.append([makeEntry('a.csv', 'x')])
    expect(await stateOfJournal(tree, journal.path, 1)).toBe('unsealed')
    change(join(root, '.migrate/journal'))
    const lost = { code: 'JOURNAL_FAILED', message: expect.stringContaining('was removed, replaced or cut') }
    await expect(journal.append([makeEntry('b.csv', 'x')])).rejects.toMatchObject(lost)
    await expect(journal.append([makeEntry('c.csv', 'x')])).rejects.toMatchObject(lost)
    await journal.close()
    expect(await stateOfJournal(tree, journal.path, 2)).toBe('lost')
  })

  it('once it is closed its state is told by what is under its name', async () => {
    const root = makeTargetRoot()
    const journal = new JournalWriter({ targetRoot: root, runId: RUN, isDurable: true })
    await journal.append([makeEntry('a.csv', 'x'), makeEntry('b.csv', 'y')])
    await journal.close()
    const { tree } = bookkeepingPaths(root)
    expect(await stateOfJournal(tree, journal.path, 2)).toBe('whole')
    expect(await stateOfJournal(tree, journal.path, 3)).toBe('lost')
    for (const [text, state] of [
      [HEADER + lines('a.csv', 'b.csv'), 'unsealed'],
      [HEADER + lines('a.csv'), 'lost'],
      ['', 'lost'],
    ] as const) {
      writeFileSync(journal.path, text)
      expect(await stateOfJournal(tree, journal.path, 2)).toBe(state)
    }
  })

  it('a journal that cannot be made says which and why', async () => {
    const root = makeTargetRoot()
    writeTree(root, { '.migrate/journal': 'a file where the folder should be' })
    const journal = new JournalWriter({ targetRoot: root, runId: RUN, isDurable: true })
    await expect(journal.append([makeEntry('a.csv', 'x')])).rejects.toThrow(
      /000001-aaaaaa-local\.ndjson cannot be written: .*journal is a file, where Drover keeps a folder of its own/,
    )
    await journal.close()
  })
})

describe('readJournals', () => {
  it('the journals come in the order of their runs, each entry with its run', async () => {
    const root = makeTargetRoot()
    writeTree(root, {
      '.migrate/journal/000010-aaaaaa-local.ndjson': lines('ten.csv'),
      '.migrate/journal/000009-ffffff-local.ndjson': lines('nine.csv'),
      '.migrate/journal/README.txt': 'not a journal',
    })
    const seen: string[] = []
    await readJournals(root, ({ source }, runId) => seen.push(`${runId} ${source}`))
    expect(seen).toEqual(['000009-ffffff nine.csv', '000010-aaaaaa ten.csv'])
  })

  it('a tree without a journal proves nothing', async () => {
    const nothing = { journals: [], entryCount: 0, damage: [], unsealed: [] }
    expect(await readAll(makeTargetRoot())).toEqual({ entries: [], summary: nothing })
  })

  it.each([
    ['of this version', HEADER],
    ['of an older version', ''],
  ])(
    'a journal %s that a kill tore at any byte keeps its whole lines, and is sealed behind them',
    async (_, header) => {
      const root = makeTargetRoot()
      const whole = header + lines('a.csv', 'b.csv')
      const first = header.length + lines('a.csv').length
      const path = join(root, JOURNAL)
      writeTree(root, { [MANIFEST]: 'its claims are there' })
      for (let length = first + 1; length < whole.length; length += 7) {
        writeTree(root, { [JOURNAL]: whole })
        truncateSync(path, length)
        const { entries, summary } = await readAll(root)
        // Without its line feed the last line is complete all the same.
        const isComplete = length === whole.length - 1
        const kept = isComplete ? ['a.csv', 'b.csv'] : ['a.csv']
        expect(entries.map(({ source }) => source)).toEqual(kept)
        expect(summary.damage).toEqual([])
        await sealJournals(summary.unsealed, { targetRoot: root, isDurable: false, assertOwned })
        const end = header === '' ? '' : formatJournalEnd(kept.length)
        expect(readFileSync(path, 'utf8')).toBe(header + lines(...kept) + end)
        expect((await readAll(root)).summary).toMatchObject({ damage: [], unsealed: [] })
      }
    },
  )

  it('a journal that is torn, or that has no end, is damaged where its run has no claims any more', async () => {
    const whole = HEADER + lines('a.csv', 'b.csv') + formatJournalEnd(2)
    for (let length = 0; length < whole.length - 1; length += 7) {
      const root = makeTargetRoot()
      writeTree(root, { [JOURNAL]: whole.slice(0, length) })
      const { summary } = await readAll(root)
      expect(summary.damage).toMatchObject([{ path: join(root, JOURNAL), lineCount: 0, runNumber: 1 }])
      expect(summary.damage[0]?.offsetBytes).toBeLessThanOrEqual(length)
    }
  })

  it('a damaged line in the middle is told with its byte, and hides none of those after it', async () => {
    const root = makeTargetRoot()
    const text = (HEADER + lines('a.csv', 'b.csv', 'c.csv') + formatJournalEnd(3)).replace('b.csv', 'B.csv')
    writeTree(root, { [JOURNAL]: text })
    const { entries, summary } = await readAll(root)
    expect(entries.map(({ source }) => source)).toEqual(['a.csv', 'c.csv'])
    const offsetBytes = HEADER.length + lines('a.csv').length
    expect(summary.damage).toEqual([{ path: join(root, JOURNAL), offsetBytes, lineCount: 1, runNumber: 1 }])
    expect(readFileSync(join(root, JOURNAL), 'utf8')).toBe(text)
  })

  it.each([
    ['a commit is missing', HEADER + lines('a.csv') + formatJournalEnd(2)],
    ['the header is missing', lines('a.csv', 'b.csv') + formatJournalEnd(2)],
    ['the header is damaged', HEADER.replace('version', 'Version') + lines('a.csv', 'b.csv') + formatJournalEnd(2)],
    ['lines follow its end', HEADER + lines('a.csv') + formatJournalEnd(1) + lines('b.csv')],
    ['a second header follows', HEADER + lines('a.csv') + HEADER + formatJournalEnd(1)],
  ])('a journal is damaged where %s', async (_, text) => {
    const root = makeTargetRoot()
    writeTree(root, { [JOURNAL]: text })
    expect((await readAll(root)).summary.damage).toHaveLength(1)
  })

  it('a line that was read while a shard wrote it is looked at once more, and is no damage', async () => {
    const root = makeTargetRoot()
    const whole = HEADER + lines('a.csv', 'b.csv', 'c.csv')
    const middle = whole.length - lines('c.csv').length - lines('b.csv').length
    const halfWritten = whole.slice(0, middle) + '\0'.repeat(50) + whole.slice(middle + 50)
    writeTree(root, { [JOURNAL]: halfWritten, [MANIFEST]: '' })
    const targets = new Set<string>()
    const summary = await readJournals(root, ({ target }) => {
      targets.add(target)
      writeFileSync(join(root, JOURNAL), whole)
    })
    expect(summary).toMatchObject({ damage: [], entryCount: 3 })
    expect(targets.size).toBe(3)
  })

  it('what a kill left behind the end of a journal does no harm', async () => {
    const root = makeTargetRoot()
    writeTree(root, { [JOURNAL]: `${HEADER}${lines('a.csv')}${formatJournalEnd(1)}${'\0'.repeat(5000)}` })
    expect((await readAll(root)).summary).toMatchObject({ entryCount: 1, damage: [], unsealed: [] })
  })

  it.each([
    { source: '../a.csv' },
    { source: '/etc/passwd' },
    { source: 'a/../../b.csv' },
    { target: '../x' },
    { target: '/x' },
    { target: '.migrate/lock' },
    { target: 'a//b' },
    { target: '' },
    { target: 'a\0b' },
  ])('a line whose checksum is right, but whose path leads out of its tree, is damaged: %j', async (path) => {
    const root = makeTargetRoot()
    const bad = formatJournalLine({ ...makeEntry('b.csv', 'x'), ...path })
    writeTree(root, { [JOURNAL]: `${lines('a.csv')}${bad}${lines('c.csv')}` })
    const { entries, summary } = await readAll(root)
    expect(entries.map(({ source }) => source)).toEqual(['a.csv', 'c.csv'])
    const offsetBytes = Buffer.byteLength(lines('a.csv'))
    expect(summary.damage).toEqual([{ path: join(root, JOURNAL), offsetBytes, lineCount: 1, runNumber: 1 }])
  })

  it('no journal is sealed, or removed as empty, once the tree is lost', async () => {
    const root = makeTargetRoot()
    const texts = ['000001-aaaaaa', '000002-bbbbbb', '000003-cccccc'].map((runId, at) => {
      const text = HEADER + (at === 1 ? '' : `${lines('a.csv')}{"crc":"torn`)
      const name = `.migrate/journal/${runId}-local.ndjson`
      writeTree(root, { [name]: text, [`.migrate/manifests/${runId}.ndjson`]: 'its claims are there' })
      return { path: join(root, name), text }
    })
    const { unsealed } = (await readAll(root)).summary
    expect(unsealed).toHaveLength(3)
    const options = { targetRoot: root, isDurable: false, assertOwned: lostAfter(1) }
    await expect(sealJournals(unsealed, options)).rejects.toMatchObject({ code: 'LOCK_LOST' })
    expect(readFileSync(texts[0]!.path, 'utf8')).toBe(HEADER + lines('a.csv') + formatJournalEnd(1))
    for (const { path, text } of texts.slice(1)) expect(readFileSync(path, 'utf8')).toBe(text)
  })

  it('a journal with another name too, as in a snapshot of hard links, is sealed, and the snapshot never cut', async () => {
    const root = makeTargetRoot()
    const text = `${lines('a.csv')}{"crc":"torn`
    writeTree(root, { [JOURNAL]: text, [MANIFEST]: 'its claims are there' })
    linkSync(join(root, JOURNAL), join(root, 'snapshot'))
    await sealJournals((await readAll(root)).summary.unsealed, { targetRoot: root, isDurable: false, assertOwned })
    expect(readFileSync(join(root, 'snapshot'), 'utf8')).toBe(text)
    expect(readFileSync(join(root, JOURNAL), 'utf8')).toBe(lines('a.csv'))
  })

  it('lines are found whatever their distance from the edges of what is read at once', async () => {
    const root = makeTargetRoot()
    // 4,000 lines are more than two readings; the garbage between them is longer than any line may be.
    const sources = Array.from({ length: 4000 }, (_, i) => `${'x'.repeat(i % 300)}${i}.csv`)
    const half = sources.length / 2
    writeTree(root, { [JOURNAL]: '' })
    writeFileSync(
      join(root, JOURNAL),
      `${lines(...sources.slice(0, half))}${'\0'.repeat(3 << 20)}\n${lines(...sources.slice(half))}`,
    )
    const { entries, summary } = await readAll(root)
    expect(entries.map(({ source }) => source)).toEqual(sources)
    expect(summary.damage).toMatchObject([{ lineCount: 1 }])
  })
})

describe('parseJournalLine', () => {
  const line = formatJournalLine(makeEntry('a.csv', 'x')).trimEnd()

  it('a line with any one byte changed is not believed', () => {
    expect(parseJournalLine(Buffer.from(line))).toEqual(makeEntry('a.csv', 'x'))
    for (let at = 0; at < line.length; at++) {
      const bytes = Buffer.from(line)
      bytes[at]! ^= 1
      expect(parseJournalLine(bytes), `byte ${at}`).toBeNull()
    }
  })

  it.each([
    ['negative sizes', { sizeBytes: -1 }],
    ['hashes that are none', { targetHash: 'xyz' }],
    ['a time that is none', { mtimeNs: 'now' }],
  ])('a line with a right checksum and %s is not believed', (_, change) => {
    expect(parseJournalLine(Buffer.from(formatJournalLine(makeEntry('a.csv', 'x', change)).trimEnd()))).toBeNull()
  })
})

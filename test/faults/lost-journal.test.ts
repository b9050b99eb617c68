import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { runHere } from '../support/run-here.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { noShimReason } from './fault-shim.ts'
import { expectExit } from './run-program.ts'
import { runUntilStopped } from './run-until-stopped.ts'
import { writeSources } from './source-tree.ts'
import { suiteFolder } from './suite-folder.ts'
import { contentsOf, expectGold, expectNothingLeft } from './tree-state.ts'

/*
 * The journal goes while its run works: somebody tidies up, moves the folder to another disk, or brings a snapshot back. The run goes on writing into
 * a file that nobody will ever read. DROVER_FAULTS=full takes every way at both moments, otherwise each way at one of them.
 */

vi.setConfig({ testTimeout: 120_000 })

if (noShimReason !== null) console.log(`lost-journal is skipped: ${noShimReason}`)

const DONE = 12
const UNEXPECTED = 1
const WRONG_USE = 2
const ALL_FAILED = 6

/** What becomes of the folder of journals. `elsewhere` is not there yet. */
const WAYS: Readonly<Record<string, (folder: string, elsewhere: string) => void>> = {
  removed: (folder) => rmSync(folder, { recursive: true }),
  'moved away': (folder, elsewhere) => renameSync(folder, elsewhere),
  'moved away, and a new folder is in its place': (folder, elsewhere) => {
    renameSync(folder, elsewhere)
    mkdirSync(folder)
  },
  'moved away, and a copy is in its place': (folder, elsewhere) => {
    renameSync(folder, elsewhere)
    cpSync(elsewhere, folder, { recursive: true, preserveTimestamps: true })
  },
  'moved away, and a link to it is in its place': (folder, elsewhere) => {
    renameSync(folder, elsewhere)
    symlinkSync(elsewhere, folder)
  },
  'cut to nothing': (folder) => {
    for (const name of readdirSync(folder)) truncateSync(join(folder, name))
  },
  emptied: (folder) => {
    for (const name of readdirSync(folder)) rmSync(join(folder, name))
  },
}

const MOMENTS = [
  // The header is the first, and the end the last of three.
  { moment: 'before the first commit', from: 2, exitCode: ALL_FAILED },
  { moment: 'after the last commit', from: 3, exitCode: UNEXPECTED },
]

const LOST = /journal \S+ was removed, replaced or cut while the run was at work/
const UNSEALED = /journal \S+ could not be brought to its end; the next run does it/

const isFull = process.env['DROVER_FAULTS'] === 'full'
/** In turn: so a copy in its place, which proves what was done by then, comes after the last commit. */
const cases = Object.keys(WAYS).flatMap((way, at) =>
  MOMENTS.filter((_, moment) => isFull || at % 2 === moment).map((moment) => ({ way, ...moment })),
)

describe.skipIf(noShimReason !== null)('a journal that goes while its run works', () => {
  const folder = suiteFolder()
  const source = join(folder, 'in')
  let gold: Record<string, string> = {}

  beforeAll(async () => {
    writeSources(source, { fileCount: 12, sizeBytes: (index) => index * 500 })
    expectExit(await runHere(['--in', source, '--out', join(folder, 'gold')]), DONE)
    gold = contentsOf(join(folder, 'gold'))
  })

  it.each(cases)(
    '$way $moment: the run says so and is not taken for done, and the next one makes all that is not proved',
    async ({ way, from, exitCode }) => {
      // A copy that has all commits proves them.
      const isProved = way.includes('copy') && exitCode === UNEXPECTED
      const top = temporaryFolder()
      const [out, elsewhere, report] = ['out', 'elsewhere', 'report.json'].map((name) => join(top, name))
      const args = ['--in', source, '--out', out!, '--threads', '1']
      const journals = join(out!, '.migrate/journal')
      const ended = await runUntilStopped(
        [...args, '--report', report!],
        { calls: 'write', path: '/journal/', from },
        () => WAYS[way]!(journals, elsewhere!),
      )
      expect(ended.wasStopped).toBe(true)
      expectExit(ended, isProved ? DONE : exitCode)
      expect(ended.stderr).toMatch(isProved ? UNSEALED : LOST)
      expect(ended.stderr).not.toMatch(/UNEXPECTED|a fault of Drover|node:internal/)
      const { warnings, failures } = JSON.parse(readFileSync(report!, 'utf8')) as {
        warnings: { code: string }[]
        failures: { code: string }[]
      }
      expect(new Set([...warnings, ...failures].map(({ code }) => code))).toEqual(new Set(['JOURNAL_FAILED']))
      // A link is not followed: the user has to put the folder back.
      const isLink = way.includes('link')
      const next = await runHere(args)
      expectExit(next, isLink ? WRONG_USE : DONE)
      if (isLink) {
        rmSync(journals)
        renameSync(elsewhere!, journals)
        await runHere(args)
      }
      await expectGold(out!, gold)
      expectNothingLeft(out!)
    },
  )
})

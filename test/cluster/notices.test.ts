import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Report } from '../../src/model/report.ts'
import { expectExit } from '../faults/run-program.ts'
import { suiteFolder } from '../faults/suite-folder.ts'
import { ClusterBed } from './cluster-bed.ts'
import { SERVERS_OF_CHOICE } from './servers/for-each-server.ts'

const DONE = 0
const SOME_REJECTED = 12
const FILES = 24

/** Tables of three kinds: a name is missing in the header, short records, a backslash before quotes. */
function tableOf(index: number): string {
  if (index % 3 === 0) return `name,age\n${'x,1,2\n'.repeat(4)}`
  if (index % 3 === 1) return `name,age\n${'x\ny,2\n'.repeat(index)}`
  return `name,age\n${'"x\\"y",1\n'.repeat(3)}`
}

/** Only every second one has the second column. */
function recordsOf(index: number): string {
  return `{"name":"x"}\n${index % 2 === 0 ? '{"name":"y","age":1}\n' : ''}`
}

function writeFiles(source: string): void {
  for (let index = 0; index < FILES; index++) {
    const name = String(index).padStart(2, '0')
    writeFileSync(join(source, `${name}.csv`), tableOf(index))
    writeFileSync(join(source, `${name}.ndjson`), recordsOf(index))
  }
}

/** What a report says of contents; nothing that depends on threads or nodes. */
function saidIn(path: string): Partial<Report> {
  const report = JSON.parse(readFileSync(path, 'utf8')) as Report
  const { notices, unseenColumns, rejectCodes, records, standingRejects } = report
  const warnings = report.warnings.filter(({ code }) => code === 'LIKELY_CAUSE' || code === 'COLUMN_UNSEEN')
  return { notices, unseenColumns, warnings, rejectCodes, records, standingRejects }
}

const CASES = [
  { what: 'tables', flags: ['--include', '*.csv', '--ragged', 'pad'], exitCode: SOME_REJECTED },
  { what: 'records', flags: ['--include', '*.ndjson', '--select', 'name,nmae,age'], exitCode: DONE },
]

describe.each(SERVERS_OF_CHOICE)('on $name', ({ share, isMissing }) => {
  const folder = suiteFolder()

  it.skipIf(isMissing)(
    'likely causes of rejects, columns that no record has and padded records are in the report as on one machine',
    async () => {
      const server = await share()
      const bed = new ClusterBed(folder, server.url)
      try {
        writeFiles(bed.source)
        await bed.startNodes(2)
        const said: Record<string, Partial<Report>> = {}
        const texts: Record<string, string> = {}
        for (const { what, flags, exitCode } of CASES) {
          const [alone, together] = ['alone', 'together'].map((name) => join(bed.folder, `${what}-${name}.json`))
          expectExit(await bed.single(bed.newOut(), [...flags, '--report', alone!]), exitCode)
          const ended = await bed.coordinate(bed.newOut(), [...flags, '--shard-files', '4', '--report', together!])
          expectExit(ended, exitCode)
          said[what] = saidIn(together!)
          texts[what] = ended.stderr
          expect(said[what]).toEqual(saidIn(alone!))
        }
        const { tables, records } = said
        expect(tables?.notices?.paddedRecords).toBe(1 + 4 + 7 + 10 + 13 + 16 + 19 + 22)
        expect(tables?.warnings?.map(({ message }) => message)).toEqual([
          expect.stringMatching(/^00\.csv and 7 more with rejects: .* a name is missing/),
          expect.stringMatching(/^02\.csv and 7 more with rejects: .* --escape/),
        ])
        expect(texts['tables']).toMatch(/00\.csv and 7 more with rejects: .* a name is missing/)
        expect(records?.unseenColumns).toEqual([{ name: 'nmae', nearest: 'name' }])
        expect(texts['records']).toContain('the column "nmae" is named and no record that was read has it')
      } finally {
        await bed.remove()
        await server.stop()
      }
    },
    120_000,
  )
})

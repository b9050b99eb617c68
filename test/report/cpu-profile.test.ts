import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { mergeProfiles } from '../../src/report/cpu-profile.ts'
import { checkCpuProfile } from '../support/check-cpu-profile.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const frame = (functionName: string) => ({ functionName, scriptId: '0', url: '', lineNumber: 0, columnNumber: 0 })

/** A root with one function below it, sampled twice. */
const profileOf = (functionName: string) => ({
  nodes: [
    { id: 1, callFrame: frame('(root)'), hitCount: 0, children: [2] },
    { id: 2, callFrame: frame(functionName), hitCount: 2 },
  ],
  startTime: 100,
  endTime: 130,
  samples: [2, 2],
  timeDeltas: [10, 20],
})

it('merges profiles below one root, a node for each, with all samples and the sum of their times', () => {
  const folder = temporaryFolder()
  const profiles = ['parse', 'encode'].map((name) => ({ name: `thread of ${name}`, path: join(folder, name) }))
  for (const { name, path } of profiles) writeFileSync(path, JSON.stringify(profileOf(name.slice('thread of '.length))))
  const merged = checkCpuProfile(mergeProfiles(profiles))
  const nameOf = (id: number) => merged.nodes.find((node) => node.id === id)?.callFrame.functionName
  const root = merged.nodes[0]
  expect(root?.children?.map(nameOf)).toEqual(['thread of parse', 'thread of encode'])
  expect(merged.samples.map(nameOf)).toEqual(['parse', 'parse', 'encode', 'encode'])
  expect([merged.timeDeltas, merged.startTime, merged.endTime]).toEqual([[10, 20, 10, 20], 0, 60])
})

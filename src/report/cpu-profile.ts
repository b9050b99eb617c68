import { readFileSync, writeFileSync } from 'node:fs'
import type { Profiler, Session } from 'node:inspector'

/** CPU profiles of threads, in the form that Chrome DevTools and speedscope open. */

/** Samples the thread that calls it, every millisecond, until it is saved. */
export class CpuProfiler {
  readonly #session: Session

  constructor() {
    // Not imported above: whoever does not profile does not load it.
    const { Session: ThreadSession } = process.getBuiltinModule('node:inspector')
    this.#session = new ThreadSession()
    this.#session.connect()
    this.#session.post('Profiler.enable')
    this.#session.post('Profiler.start')
  }

  /** Stops and writes the profile. */
  async save(path: string): Promise<void> {
    const profile = await new Promise<Profiler.Profile>((resolve, reject) => {
      this.#session.post('Profiler.stop', (error, result) => (error === null ? resolve(result.profile) : reject(error)))
    })
    this.#session.disconnect()
    writeFileSync(path, JSON.stringify(profile))
  }
}

/**
 * Puts saved profiles into one: below the root a node for each of them, and their samples one after the other. Threads ran at the same
 * time, so the time of the whole is the sum of theirs.
 * @param profiles their names and paths.
 */
export function mergeProfiles(profiles: readonly { readonly name: string; readonly path: string }[]): Profiler.Profile {
  const root: Profiler.ProfileNode = { id: 1, callFrame: frameOf('(root)'), hitCount: 0, children: [] }
  const nodes = [root]
  const samples: number[] = []
  const timeDeltas: number[] = []
  let lastId = 1
  for (const { name, path } of profiles) {
    const profile = JSON.parse(readFileSync(path, 'utf8')) as Profiler.Profile
    const before = lastId
    const topId = profile.nodes[0]?.id
    for (const node of profile.nodes) {
      lastId = Math.max(lastId, before + node.id)
      nodes.push({
        ...node,
        id: before + node.id,
        callFrame: node.id === topId ? frameOf(name) : node.callFrame,
        ...(node.children === undefined ? {} : { children: node.children.map((child) => before + child) }),
      })
    }
    if (topId !== undefined) root.children?.push(before + topId)
    for (const sample of profile.samples ?? []) samples.push(before + sample)
    for (const delta of profile.timeDeltas ?? []) timeDeltas.push(delta)
  }
  const endTime = timeDeltas.reduce((sum, delta) => sum + delta, 0)
  return { nodes, startTime: 0, endTime, samples, timeDeltas }
}

function frameOf(functionName: string): Profiler.ProfileNode['callFrame'] {
  return { functionName, scriptId: '0', url: '', lineNumber: -1, columnNumber: -1 }
}

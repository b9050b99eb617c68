import { join } from 'node:path'
import { bookkeepingPaths } from './bookkeeping-paths.ts'
import { listGenerations } from './records/generation-paths.ts'
import { runIdOf } from './run-id.ts'

/**
 * Looks at everything in the bookkeeping that a run may open, before it opens any of it: what is no file or folder of Drover's is better found
 * while nothing is touched. Whoever opens it looks again. Names that Drover does not use are not looked at. The folders of rejects, as many
 * as those of the sources, are looked at when they are needed.
 * @throws MigrationError BOOKKEEPING_UNSAFE.
 */
export async function checkBookkeeping(targetRoot: string): Promise<void> {
  const paths = bookkeepingPaths(targetRoot)
  const { tree } = paths
  if (!(await tree.hasFolder(paths.root))) return
  for (const folder of [paths.members, paths.rejects, paths.reports, paths.cluster, paths.commit])
    await tree.hasFolder(folder)
  for (const name of await tree.list(paths.root)) {
    if (name === 'lock' || /^lock\.(?:takeover|try)-/.test(name)) await tree.headOf(join(paths.root, name))
  }
  await tree.headOf(paths.rejectsIndex)
  for (const name of await tree.list(paths.members)) await tree.headOf(join(paths.members, name))
  for (const folder of [paths.journal, paths.manifests]) {
    for (const name of await tree.list(folder)) if (runIdOf(name) !== null) await tree.headOf(join(folder, name))
  }
  for (const name of await tree.list(paths.staged))
    if (runIdOf(name) === name) await tree.hasFolder(join(paths.staged, name))
  await listGenerations(targetRoot)
}

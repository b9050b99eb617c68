import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { collectStaged } from '../../src/commit/staging/collect-staged.ts'
import { writeManifest } from '../../src/commit/journal/manifest.ts'
import { mountPointOf, parseMountInfo, readMountPoints } from '../../src/storage/local/mount-points.ts'
import { StagingArea } from '../../src/commit/staging/staging-area.ts'
import { assertOwned, lostAfter, writeTree } from './staged-files.ts'
import { makeTargetRoot, readTree } from './temporary-tree.ts'

const [DEAD, LIVE] = ['000001-aaaaaa', '000002-bbbbbb']

describe('StagingArea', () => {
  it('stages in the folder of the run and node, each try at a target under a name of its own', async () => {
    const root = makeTargetRoot()
    const area = await StagingArea.open({ targetRoot: root, runId: LIVE, node: 'n1' })
    const folder = join(root, '.migrate/staged', LIVE, 'n1')
    expect(statSync(folder).isDirectory()).toBe(true)
    const paths = ['a/b.ndjson', 'a/b.ndjson', 'a/c.ndjson'].map((target) => area.nextPaths(target))
    expect(new Set(paths.flatMap(({ target, rejects }) => [target, rejects])).size).toBe(6)
    for (const { target, rejects, stagedFolder } of paths) {
      expect([join(target, '..'), join(rejects, '..'), stagedFolder]).toEqual([folder, folder, null])
    }
  })

  it('spreads many targets over a few folders, all of them there and within that of the run and node', async () => {
    const root = makeTargetRoot()
    const area = await StagingArea.open({ targetRoot: root, runId: LIVE })
    const paths = Array.from({ length: 10_000 }, (_, index) => area.nextPaths(`${index}.ndjson`))
    expect(new Set(paths.flatMap(({ target, rejects }) => [target, rejects])).size).toBe(20_000)
    const folders = new Set(paths.flatMap(({ target, rejects }) => [join(target, '..'), join(rejects, '..')]))
    expect(folders.size).toBe(16)
    for (const folder of folders) {
      expect(statSync(folder).isDirectory()).toBe(true)
      expect(folder === area.folder || join(folder, '..') === area.folder).toBe(true)
    }
    await collectStaged({ targetRoot: root, liveRunId: null, assertOwned })
    expect(readTree(root)).toEqual({})
  })

  it.runIf(isOtherDevice('/dev/shm'))(
    'stages beside a target on another mount, even in folders still to be made',
    async () => {
      const root = makeTargetRoot()
      const elsewhere = mkdtempSync('/dev/shm/drover-commit-')
      onTestFinished(() => rmSync(elsewhere, { recursive: true, force: true }))
      symlinkSync(elsewhere, join(root, 'mount'))
      const area = await StagingArea.open({ targetRoot: root, runId: DEAD })
      const paths = area.nextPaths('mount/new/sub/a.ndjson')
      expect(paths.stagedFolder).toBe('mount')
      expect(join(paths.target, '..')).toBe(join(root, 'mount'))
      expect(join(paths.rejects, '..')).toBe(area.folder)
      expect(area.nextPaths('here/a.ndjson').stagedFolder).toBeNull()
    },
  )

  it('staged files beside targets are found through the manifest of a dead run; those of others stay, and none is looked for behind a link', async () => {
    const root = makeTargetRoot()
    const elsewhere = makeTargetRoot()
    symlinkSync(elsewhere, join(root, 'link'))
    mkdirSync(join(root, 'mount'))
    for (const folder of [join(root, 'mount'), elsewhere]) {
      for (const runId of [DEAD, LIVE]) writeFileSync(join(folder, `.migrate-staged-${runId}-local-0`), runId)
      writeFileSync(join(folder, 'user.txt'), 'user')
    }
    const claims = ['mount', 'link'].map((folder) => ({ target: `${folder}/a.ndjson`, stagedFolder: folder }))
    for (const runId of [DEAD, LIVE])
      await writeManifest({ targetRoot: root, isDurable: true }, { runId, manifestHash: '', planHash: '' }, claims)
    await collectStaged({ targetRoot: root, liveRunId: LIVE, assertOwned })
    expect(Object.values(readTree(join(root, 'mount'))).sort()).toEqual([LIVE, 'user'])
    expect(Object.values(readTree(elsewhere)).sort()).toEqual([DEAD, LIVE, 'user'])
  })

  it('a folder that cannot be made costs nothing but speed', async () => {
    const area = await StagingArea.open({ targetRoot: makeTargetRoot(), runId: LIVE })
    writeFileSync(join(area.folder, '1.folder'), 'in the way')
    const paths = Array.from({ length: 200 }, (_, index) => area.nextPaths(`${index}.ndjson`))
    expect(new Set(paths.map(({ target }) => join(target, '..')))).toEqual(new Set([area.folder]))
  })

  it('a target root that is gone meanwhile is left for the worker to report', async () => {
    const root = makeTargetRoot()
    const area = await StagingArea.open({ targetRoot: root, runId: LIVE })
    rmSync(root, { recursive: true })
    expect(area.nextPaths('a/b.ndjson').target).toContain(area.folder)
  })
})

function isOtherDevice(folder: string): boolean {
  return statSync(folder, { throwIfNoEntry: false })?.dev !== statSync('/tmp').dev
}

describe('mount points', () => {
  it('are read with their escapes undone', () => {
    const text = String.raw`22 1 0:20 / /proc rw - proc proc rw
36 22 98:0 /mnt1 /out/with\040blank rw,noatime master:1 - ext3 /dev/root rw`
    expect(parseMountInfo(text)).toEqual(['/proc', '/out/with blank'])
  })

  it.each([
    ['/out/a/b', '/out/a'],
    ['/out/a', '/out/a'],
    ['/out/ab', '/out'],
    ['/elsewhere', '/'],
  ])('%s lies on %s', (path, point) => {
    expect(mountPointOf(path, ['/', '/out', '/out/a'])).toBe(point)
  })

  it.runIf(process.platform === 'linux')('of this system hold its root', () => {
    expect(readMountPoints()).toContain('/')
  })
})

describe('collectStaged', () => {
  it('removes what every run but the live one staged', async () => {
    const root = makeTargetRoot()
    writeTree(root, {
      [`.migrate/staged/${DEAD}/local/x-1`]: 'dead',
      [`.migrate/staged/${DEAD}/n2/y-1`]: 'dead',
      [`.migrate/staged/${LIVE}/local/x-1`]: 'live',
    })
    await collectStaged({ targetRoot: root, liveRunId: LIVE, assertOwned })
    expect(readTree(root)).toEqual({ [`.migrate/staged/${LIVE}/local/x-1`]: 'live' })
    await collectStaged({ targetRoot: root, liveRunId: null, assertOwned })
    expect(readTree(root)).toEqual({})
  })

  it.each([0, 1])('removes no more once the tree is lost, after %i runs', async (runs) => {
    const root = makeTargetRoot()
    const staged = [DEAD, LIVE].map((runId) => `.migrate/staged/${runId}/x`)
    writeTree(root, Object.fromEntries(staged.map((path) => [path, 'staged'])))
    const lost = collectStaged({ targetRoot: root, liveRunId: null, assertOwned: lostAfter(runs) })
    await expect(lost).rejects.toMatchObject({ code: 'LOCK_LOST' })
    expect(Object.keys(readTree(root))).toHaveLength(staged.length - runs)
  })

  it('finds nothing to do in a new tree', async () => {
    const root = makeTargetRoot()
    await collectStaged({ targetRoot: root, liveRunId: LIVE, assertOwned })
    expect(readTree(root)).toEqual({})
  })
})

import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { PROGRAM } from '../faults/run-program.ts'
import { contentsOf, listFiles } from '../faults/tree-state.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { ComposeSchema, KubernetesSchema } from './manifest-schemas.ts'

const ROOT = join(import.meta.dirname, '../..')
const EXAMPLES = join(ROOT, 'docs/examples')
const FILES = listFiles(EXAMPLES)
const SCRIPTS = FILES.filter((path) => /\.(?:sh|sbatch)$/.test(path))
const MANIFESTS = FILES.filter((path) => path.startsWith('kubernetes/'))

function read(path: string): string {
  return readFileSync(join(EXAMPLES, path), 'utf8')
}

/** @returns the objects in a manifest, checked. */
function objectsIn(path: string) {
  return parseAllDocuments(read(path)).map((document) => {
    expect(document.errors, `errors of ${path}`).toEqual([])
    return KubernetesSchema.parse(document.toJS())
  })
}

it('every example stands in the table, and the table names no other', () => {
  const named = Array.from(read('README.md').matchAll(/^\| \[([^\]]+)\]\(([^)]+)\)/gm), ([, text, link]) => [
    text,
    link,
  ])
  expect(named.map(([text]) => text)).toEqual(named.map(([, link]) => link))
  const expected = FILES.filter((path) => path !== 'README.md' && !path.endsWith('.dockerignore'))
  expect(named.map(([text]) => text ?? '').sort()).toEqual(expected)
})

describe('the Kubernetes manifests', () => {
  it.each(MANIFESTS)('%s holds what the API knows, and nothing else', (path) => {
    expect(objectsIn(path).length).toBeGreaterThan(0)
  })

  it.each(MANIFESTS)('%s selects its own pods, and mounts the volumes that it has', (path) => {
    for (const object of objectsIn(path)) {
      if (object.kind === 'PersistentVolumeClaim') continue
      const { metadata, spec } = object.spec.template
      const volumes = spec.volumes.map((volume) => volume.name)
      for (const { volumeMounts } of spec.containers) expect(volumeMounts.map((mount) => mount.name)).toEqual(volumes)
      for (const { labelSelector } of spec.topologySpreadConstraints)
        expect(metadata.labels).toMatchObject(labelSelector.matchLabels)
      const selected = object.kind === 'Deployment' ? object.spec.selector.matchLabels : {}
      expect(metadata.labels).toMatchObject(selected)
    }
  })

  it('the indexed job has as many completions as shards, and the volume that it claims', () => {
    const [job, claim] = objectsIn('kubernetes/indexed-job.yaml')
    if (job?.kind !== 'Job') throw new Error('the first object is no Job')
    const command = job.spec.template.spec.containers[0]?.command?.join(' ') ?? ''
    expect(command).toContain(`--shard auto/${job.spec.completions} `)
    expect(job.spec.parallelism).toBeLessThanOrEqual(job.spec.completions)
    expect(job.spec.template.spec.volumes[0]?.persistentVolumeClaim.claimName).toBe(claim?.metadata.name)
  })

  it.each([
    ['completions: 8', 'compeltions: 8'],
    ['restartPolicy: Never', 'restartPolicy: Always'],
    ['runAsNonRoot: true', 'runAsNonRoot: false'],
    ['memory: 8Gi', 'memory: 8 GB'],
  ])('a mistake is found: %s as %s', (from, to) => {
    const [first] = parseAllDocuments(read('kubernetes/indexed-job.yaml').replace(from, to))
    expect(KubernetesSchema.safeParse(first?.toJS()).success).toBe(false)
  })
})

it('the compose file holds what Compose knows, depends on services that are there and builds the example image', () => {
  const compose = ComposeSchema.parse(parse(read('compose/compose.yaml')))
  const names = Object.keys(compose.services)
  const services = Object.values(compose.services)
  for (const { depends_on: needed = {} } of services) expect(names).toEqual(expect.arrayContaining(Object.keys(needed)))
  const builds = services.flatMap(({ build }) => (build === undefined ? [] : [join(build.context, build.dockerfile)]))
  expect(builds.map((path) => join(EXAMPLES, 'compose', path))).toEqual([join(EXAMPLES, 'Dockerfile')])
})

describe('the Dockerfile', () => {
  const lines = read('Dockerfile').split('\n')

  it('builds in one stage and runs in another, as nobody special', () => {
    expect(lines.filter((line) => line.startsWith('FROM '))).toHaveLength(2)
    expect(lines.findLast((line) => line.startsWith('USER '))).toMatch(/^USER [1-9]\d*:[1-9]\d*$/)
  })

  it('starts the program of the package, and copies nothing that the build has not', () => {
    const { bin } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { bin: Record<string, string> }
    expect(read('Dockerfile')).toContain(`"/app/${bin['migrate']}"`)
    const copied = lines.flatMap((line) => /^COPY --from=build \/app\/(\S+)/.exec(line)?.[1] ?? [])
    expect(copied).toEqual(['package.json', 'node_modules', 'dist'])
    for (const path of copied) expect(existsSync(join(ROOT, path)), `${path} is there`).toBe(true)
  })
})

/** A folder for PATH with the program in it. */
function pathWithMigrate(): string {
  const folder = temporaryFolder()
  const migrate = join(folder, 'migrate')
  writeFileSync(migrate, `#!/bin/sh\nexec "${process.execPath}" "${PROGRAM}" "$@"\n`)
  chmodSync(migrate, 0o755)
  return `${folder}:${process.env['PATH'] ?? ''}`
}

describe('the scripts', () => {
  it.each(SCRIPTS)('%s is what bash understands', (path) => {
    const checked = spawnSync('bash', ['-n', join(EXAMPLES, path)], { encoding: 'utf8' })
    expect([checked.status, checked.stderr]).toEqual([0, ''])
  })

  const hasShellcheck = spawnSync('shellcheck', ['--version']).status === 0
  it.runIf(hasShellcheck).each(SCRIPTS)('%s has nothing that shellcheck finds', (path) => {
    const checked = spawnSync('shellcheck', [join(EXAMPLES, path)], { encoding: 'utf8' })
    expect([checked.status, checked.stdout]).toEqual([0, ''])
  })

  it('the Slurm script, as each task of an array, converts the whole tree; rejects are no failed task', () => {
    const folder = temporaryFolder()
    // With a blank: the script must quote.
    const source = join(folder, 'old tree')
    mkdirSync(dirname(join(source, 'x')), { recursive: true })
    for (let index = 0; index < 7; index++)
      writeFileSync(join(source, `${index}.csv`), index === 3 ? 'a,b\n1,2,3\n' : 'a,b\n1,2\n')
    const out = join(folder, 'new tree')
    const script = join(EXAMPLES, 'slurm/shards.sbatch')
    const array = { SLURM_ARRAY_TASK_MIN: '1', SLURM_ARRAY_TASK_COUNT: '3', SLURM_CPUS_PER_TASK: '1' }
    for (const task of ['1', '2', '3']) {
      const env = { ...array, SLURM_ARRAY_TASK_ID: task, PATH: pathWithMigrate() }
      const ended = spawnSync('bash', [script, source, out], { env, encoding: 'utf8' })
      expect([ended.status, ended.stderr]).toEqual([0, expect.stringContaining(`shard      ${task} of 3`)])
    }
    expect(Object.keys(contentsOf(out)).filter((path) => path.endsWith('.ndjson'))).toHaveLength(8)
    expect(readdirSync(out)).toContain('6.ndjson')
    const missing = spawnSync('bash', [script], { env: { ...array, PATH: pathWithMigrate() }, encoding: 'utf8' })
    expect([missing.status, missing.stderr]).toEqual([1, expect.stringContaining('the source tree is missing')])
  })
})

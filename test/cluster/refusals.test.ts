import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { chownSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { parseClusterUrl } from '../../src/cluster/queue/cluster-url.ts'
import { openQueue } from '../../src/cluster/queue/open-queue.ts'
import { fakeHost } from '../cli/fake-host.ts'
import { expectExit, runProgram, type Ended } from '../faults/run-program.ts'
import { suiteFolder } from '../faults/suite-folder.ts'
import { ClusterBed } from './cluster-bed.ts'
import { countTargets, expectWhole, prepareSources } from './scenarios.ts'
import { freePort, type QueueServer } from './servers/child-server.ts'
import { makeCertificates, whyNoCertificates, type Certificates } from './servers/make-certificates.ts'
import { startPostgres } from './servers/postgres-server.ts'
import { startRedis, whyNoRedis } from './servers/redis-server.ts'

const whyNoTls = whyNoCertificates()
if (whyNoTls !== null) console.warn(whyNoTls)

const PASSWORD = 'se%20cret-Wort'
/** Long before a server that may still come is given up; on a machine that has other work. */
const AT_ONCE_MS = 12_000

function as(url: URL, user: string, password = ''): void {
  url.username = user
  url.password = password
}

async function expectToldAtOnce(url: string, code: string, words: RegExp): Promise<void> {
  const startMs = performance.now()
  const host = fakeHost(['status', '--cluster', url])
  const exitCode = await main(host)
  const durationMs = performance.now() - startMs
  expectTold({ exitCode, signal: null, stderr: host.stderr.text, durationMs }, words)
  const server = parseClusterUrl(url)
  await expect(openQueue({ server, queue: 'drover' })).rejects.toMatchObject({ code })
}

function expectTold(ended: Ended, words: RegExp): void {
  expectExit(ended, 1)
  expect(ended.stderr).toMatch(words)
  expect(ended.stderr).not.toMatch(/secret|se%20cret|se cret/)
  expect(ended.durationMs).toBeLessThan(AT_ONCE_MS)
}

describe.skipIf(whyNoRedis() !== null || whyNoTls !== null)(
  'a Redis that will not let anybody in is told at once',
  () => {
    const folder = suiteFolder()
    let server: QueueServer
    let tlsPort: number
    let certificates: Certificates
    const urlOf = (change: (url: URL) => void): string => {
      const url = new URL(server.url)
      url.password = PASSWORD
      change(url)
      return url.href
    }
    const tls = (url: URL): string => (url.port = String(tlsPort))
    beforeAll(async () => {
      certificates = makeCertificates(join(folder, 'certificates'))
      tlsPort = await freePort()
      const { authority, certificate, key } = certificates
      const files = ['--tls-cert-file', certificate, '--tls-key-file', key, '--tls-ca-cert-file', authority]
      const more = [
        '--tls-port',
        String(tlsPort),
        ...files,
        '--tls-auth-clients',
        'no',
        '--requirepass',
        'se cret-Wort',
      ]
      server = await startRedis(join(folder, 'server'), { more })
    })
    afterAll(() => server?.stop())

    it.each<[string, (url: URL) => unknown, string, RegExp]>([
      ['a wrong password', (url) => (url.password = 'not-the-secret'), 'QUEUE_REFUSED', /name or password/],
      ['a wrong user', (url) => (url.username = 'nobody'), 'QUEUE_REFUSED', /name or password/],
      ['no password', (url) => (url.password = ''), 'QUEUE_REFUSED', /demands a password/],
      ['a database that is not there', (url) => (url.pathname = '/99'), 'QUEUE_REFUSED', /no such database/],
      ['a name that no host has', (url) => (url.hostname = 'nosuch.invalid'), 'QUEUE_REFUSED', /no host of that name/],
      ['a port where nothing listens', (url) => (url.port = '1'), 'QUEUE_UNREACHABLE', /nothing listens/],
      ['TLS left out', (url) => tls(url), 'QUEUE_REFUSED', /only TLS[^]*rediss:/],
    ])('%s', (_, change, code, words) => expectToldAtOnce(urlOf(change), code, words))

    const secure = (change: (url: URL) => void): string => urlOf(change).replace('redis:', 'rediss:')
    it('TLS to a port without it', () =>
      expectToldAtOnce(
        secure(() => {}),
        'QUEUE_REFUSED',
        /no TLS/,
      ))
    it('a certificate that nobody trusts', () =>
      expectToldAtOnce(secure(tls), 'QUEUE_REFUSED', /not trusted[^]*NODE_EXTRA_CA_CERTS/))
    it('Postgres asked for where Redis is', () =>
      expectToldAtOnce(server.url.replace('redis:', 'postgres:'), 'QUEUE_REFUSED', /is Redis/))

    it('also by a node and by a coordinator, before it plans', async () => {
      const url = urlOf((wrong) => (wrong.password = 'not-the-secret'))
      expectTold(await runProgram(['worker', '--cluster', url, '--root', folder]), /name or password/)
      const trees = ['--in', join(folder, 'no such folder'), '--out', join(folder, 'new')]
      expectTold(await runProgram([...trees, '--cluster', url]), /name or password/)
    })

    it('but a run over TLS makes the tree of one machine where NODE_EXTRA_CA_CERTS names the authority', async () => {
      const bed = new ClusterBed(folder, secure(tls))
      onTestFinished(() => bed.remove())
      const gold = await prepareSources(bed, 20)
      const env = { NODE_EXTRA_CA_CERTS: certificates.authority }
      await bed.startNodes(1, { env })
      const out = bed.newOut()
      await expectWhole(out, gold, await bed.coordinate(out, [], undefined, env), countTargets(gold))
    })
  },
)

describe('a server that may still come', () => {
  const folder = suiteFolder()
  it.skipIf(whyNoRedis() !== null)('is waited for by a node, which says so', async () => {
    const bed = new ClusterBed(folder, `redis://127.0.0.1:${await freePort()}`)
    onTestFinished(() => bed.remove())
    const node = bed.startNode()
    await node.saw('node-connection', ({ msg }) => /waiting for redis:.*ECONNREFUSED/.test(msg))
    const server = await startRedis(join(folder, 'server'), { more: ['--port', new URL(bed.url).port] })
    onTestFinished(() => server.stop())
    expect((await node.saw('node-joined'))['queue']).toBe('drover')
  })

  it('is given up after 15 s where it takes connections and never answers', async () => {
    const silent = createServer(() => {})
    silent.listen(0, '127.0.0.1')
    await once(silent, 'listening')
    onTestFinished(() => void silent.close())
    const url = `redis://127.0.0.1:${(silent.address() as AddressInfo).port}`
    const ended = await runProgram(['status', '--cluster', url])
    expectExit(ended, 1)
    expect(ended.stderr).toContain('does not answer')
    expect(ended.stderr).toMatch(/waiting for redis:/)
  })
})

describe('a Postgres that will not let anybody in is told at once', () => {
  const folder = suiteFolder()
  let server: QueueServer
  let certificates: Certificates | undefined
  const urlOf = (change: (url: URL) => void): string => {
    const url = new URL(server.url)
    change(url)
    return url.href
  }
  beforeAll(async () => {
    const rules = [
      'host all locked 127.0.0.1/32 scram-sha-256',
      'hostssl all tls 127.0.0.1/32 trust',
      'host all drover,poor 127.0.0.1/32 trust',
    ]
    const more: string[] = []
    if (whyNoTls === null) {
      certificates = makeCertificates(join(folder, 'certificates'))
      if (process.getuid?.() === 0) chownSync(certificates.key, 65534, 65534)
      more.push('ssl=on', `ssl_cert_file=${certificates.certificate}`, `ssl_key_file=${certificates.key}`)
    }
    server = await startPostgres(join(folder, 'server'), { rules, more })
    const client = new Client({ connectionString: server.url })
    await client.connect()
    for (const sql of [
      "CREATE ROLE locked LOGIN PASSWORD 'se cret-Wort'",
      'CREATE ROLE poor LOGIN',
      'CREATE ROLE tls LOGIN SUPERUSER',
      'CREATE DATABASE foreign_one',
    ]) {
      await client.query(sql)
    }
    await client.end()
  })
  afterAll(() => server?.stop())

  it.each<[string, (url: URL) => unknown, string, RegExp]>([
    ['a wrong password', (url) => as(url, 'locked', 'not-the-secret'), 'QUEUE_REFUSED', /name or password/],
    ['no password', (url) => as(url, 'locked'), 'QUEUE_REFUSED', /demands a password/],
    ['a database that is not there', (url) => (url.pathname = '/nosuch'), 'QUEUE_REFUSED', /no such database/],
    ['a user that is not let in', (url) => as(url, 'stranger'), 'QUEUE_REFUSED', /does not let this user in/],
    [
      'a user who may not set the queue up',
      (url) => {
        as(url, 'poor')
        url.pathname = '/foreign_one'
      },
      'QUEUE_REFUSED',
      /may not do what a queue needs/,
    ],
    ['a port where nothing listens', (url) => (url.port = '1'), 'QUEUE_UNREACHABLE', /nothing listens/],
  ])('%s', (_, change, code, words) => expectToldAtOnce(urlOf(change), code, words))
  const secure = (): string => `${urlOf((url) => as(url, 'tls'))}?sslmode=verify-full`
  it('Redis asked for where Postgres is', () =>
    expectToldAtOnce(server.url.replace('postgres:', 'redis:').replace('/postgres', ''), 'QUEUE_REFUSED', /Postgres/))

  describe.skipIf(whyNoTls !== null)('over TLS', () => {
    it('a certificate that nobody trusts', () =>
      expectToldAtOnce(secure(), 'QUEUE_REFUSED', /not trusted[^]*NODE_EXTRA_CA_CERTS/))
    it('but a run makes the tree of one machine where NODE_EXTRA_CA_CERTS names the authority', async () => {
      const bed = new ClusterBed(folder, secure())
      onTestFinished(() => bed.remove())
      const gold = await prepareSources(bed, 20)
      const env = { NODE_EXTRA_CA_CERTS: certificates?.authority }
      await bed.startNodes(1, { env })
      const out = bed.newOut()
      await expectWhole(out, gold, await bed.coordinate(out, [], undefined, env), countTargets(gold))
    })
  })
})

it('a server that answers as no Redis does is told at once', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => socket.end('HTTP/1.0 400 Bad request syntax\r\n\r\n<html></html>\r\n'))
  })
  onTestFinished(() => void server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  expectTold(await runProgram(['status', '--cluster', `redis://127.0.0.1:${port}`]), /what listens there is no Redis/)
})

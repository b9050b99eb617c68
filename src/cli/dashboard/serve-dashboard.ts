import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { createBullBoard } from '@bull-board/api'
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter'
import { HonoAdapter } from '@bull-board/hono'
import { serve } from '@hono/node-server'
import { serveStatic } from '@hono/node-server/serve-static'
import { Hono } from 'hono'
import { openQueue, openRegister, watchErrors, type ShardQueue } from '../../cluster/queue/open-queue.ts'
import type { QueueAddress } from '../../cluster/queue/queue-address.ts'
import { stateOf } from '../../control/coordinator/cluster-state.ts'
import type { Report } from '../../model/report.ts'
import { isSystemError } from '../../errors/migration-error.ts'
import { renderHtml } from '../report/render-html.ts'
import { wrongUse } from '../settings/wrong-use.ts'
import { EXPOSITION_TYPE, formatExposition } from './exposition.ts'
import { findReportOf } from '../report/find-report-of.ts'
import { guard } from './guard.ts'
import { describeMetrics } from './run-metrics.ts'
import { describeParts, renderRunPage } from './run-page.ts'
import { RunWatch, type RunView } from './run-watch.ts'

export interface DashboardOptions {
  readonly address: QueueAddress
  /** Reports are looked for below it. */
  readonly root: string
  readonly host: string
  readonly port: number
  readonly token: string | undefined
}

export interface Dashboard {
  /** Where it is served, without the token. */
  readonly url: string
  close(): Promise<void>
}

const LOOPBACK = /^(?:127\.\d+\.\d+\.\d+|localhost|::1|\[::1\])$/

/**
 * Serves the page of the run, bull-board, the newest report and metrics.
 * @throws MigrationError WRONG_USE where it would be seen beyond this machine without a token; QUEUE_UNREACHABLE.
 */
export async function serveDashboard(options: DashboardOptions): Promise<Dashboard> {
  const { address, host, port, token } = options
  if (!LOOPBACK.test(host) && token === undefined) {
    throw wrongUse(
      `--listen ${host}:${port} can be reached from other machines, so it needs a --token`,
      'whoever sees the dashboard can stop and repeat jobs: set MIGRATE_TOKEN, or listen on 127.0.0.1',
    )
  }
  const queue = await openQueue(address)
  const seen = watchErrors(queue, address.server)
  const register = openRegister(queue)
  const watch = new RunWatch({
    readState: () => stateOf(queue, register, address),
    findReport: (run) => findReportOf(run, options.root),
    readReason: () => seen.last,
  })
  try {
    await watch.start()
    const app = makeApp(queue, watch, options)
    const server = serve({ fetch: app.fetch, hostname: host.replace(/^\[|\]$/g, ''), port })
    await once(server, 'listening')
    const bound = server.address()
    const boundPort = typeof bound === 'object' && bound !== null ? bound.port : port
    return {
      url: `http://${host}:${boundPort}/`,
      close: async () => {
        watch.stop()
        if ('closeAllConnections' in server) server.closeAllConnections()
        server.close()
        await queue.close()
      },
    }
  } catch (error) {
    watch.stop()
    await queue.close()
    if (isSystemError(error)) throw wrongUse(`--listen ${host}:${port} cannot be used: ${error.code}`)
    throw error
  }
}

function makeApp(queue: ShardQueue, watch: RunWatch, { root, token }: DashboardOptions): Hono {
  const app = new Hono()
  app.use('*', guard(token))
  app.use('*', async (context, next) => {
    await next()
    context.header('x-content-type-options', 'nosniff')
    context.header('referrer-policy', 'no-referrer')
    context.header('x-frame-options', 'DENY')
    context.header('cache-control', 'no-store')
  })
  app.get('/', (context) => context.html(renderRunPage(watch.view())))
  app.get('/run.json', (context) => context.json(describeParts(watch.view())))
  app.get('/status.json', (context) => {
    const { state } = watch.view()
    return state === null ? context.json({ error: NO_ANSWER }, 503) : context.json(state)
  })
  app.get('/metrics', async (context) => {
    const view = watch.view()
    const ofQueue = view.away === null ? await metricsOfQueue(queue) : ''
    return context.text(`${formatExposition(describeMetrics(view))}${ofQueue}`, 200, {
      'content-type': EXPOSITION_TYPE,
    })
  })
  app.get('/report', (context) => {
    const report = newestReport(watch.view(), root)
    return report === null
      ? context.text('No run has left a report below the --root of this dashboard yet.\n', 404)
      : context.html(renderHtml(report))
  })
  // bull-board takes a font from a stranger's server, who would learn who watches which cluster.
  app.use('/queue/*', async (context, next) => {
    await next()
    if (!(context.res.headers.get('content-type') ?? '').startsWith('text/html')) return
    const page = await context.res.text()
    context.res = new Response(page.replaceAll(/<link [^>]*href="https?:[^>]*>/g, ''), context.res)
  })
  const board = new HonoAdapter(serveStatic).setBasePath('/queue')
  // Its types ask for the class; both back ends have the same methods.
  createBullBoard({ queues: [new BullMQAdapter(queue as never)], serverAdapter: board })
  app.route('/queue', board.registerPlugin())
  return app
}

const NO_ANSWER = 'the server of the queue does not answer'

/** The report of the run that the page shows, else of the newest one that left any. */
function newestReport({ report, state }: RunView, root: string): Report | null {
  if (report !== null) return report
  for (const run of state?.runs ?? []) {
    const found = findReportOf(run, root)
    if (found !== null) return found
  }
  return null
}

/** How long a server may take to tell what BullMQ counts. */
const COUNT_MS = 2000

/** What BullMQ itself counts; nothing while the server is away. */
async function metricsOfQueue(queue: ShardQueue): Promise<string> {
  const asked = queue.exportPrometheusMetrics().catch(() => '')
  const text = await Promise.race([asked, sleep(COUNT_MS, '', { ref: false })])
  return text === '' ? '' : `${text.trimEnd()}\n`
}

import { once } from 'node:events'
import { createBullBoard } from '@bull-board/api'
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter'
import { HonoAdapter } from '@bull-board/hono'
import { serve } from '@hono/node-server'
import { serveStatic } from '@hono/node-server/serve-static'
import { Hono } from 'hono'
import { openQueue, openRegister, watchErrors, type ShardQueue } from '../../cluster/open-queue.ts'
import type { QueueAddress } from '../../cluster/queue-address.ts'
import { stateOf } from '../../control/cluster-state.ts'
import { isSystemError } from '../../errors/migration-error.ts'
import { renderHtml } from '../report/render-html.ts'
import { wrongUse } from '../wrong-use.ts'
import { findNewestReport } from './find-report.ts'
import { guard } from './guard.ts'
import { renderRunPage, RUN_PAGE_STYLE } from './run-page.ts'

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
 * Serves the page of the cluster, bull-board, the newest report and the metrics of the queue.
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
  watchErrors(queue, address.server)
  try {
    const app = makeApp(queue, options)
    const server = serve({ fetch: app.fetch, hostname: host.replace(/^\[|\]$/g, ''), port })
    await once(server, 'listening')
    const bound = server.address()
    const boundPort = typeof bound === 'object' && bound !== null ? bound.port : port
    return {
      url: `http://${host}:${boundPort}/`,
      close: async () => {
        if ('closeAllConnections' in server) server.closeAllConnections()
        server.close()
        await queue.close()
      },
    }
  } catch (error) {
    await queue.close()
    if (isSystemError(error)) throw wrongUse(`--listen ${host}:${port} cannot be used: ${error.code}`)
    throw error
  }
}

function makeApp(queue: ShardQueue, { address, root, token }: DashboardOptions): Hono {
  const app = new Hono()
  const register = openRegister(queue)
  app.use('*', guard(token))
  app.use('*', async (context, next) => {
    await next()
    context.header('x-content-type-options', 'nosniff')
    context.header('referrer-policy', 'no-referrer')
    context.header('x-frame-options', 'DENY')
    context.header('cache-control', 'no-store')
  })
  app.get('/', async (context) => {
    const [status, report] = await Promise.all([stateOf(queue, register, address), findNewestReport(queue, root)])
    return context.html(renderRunPage(status, report !== null))
  })
  app.get('/style.css', (context) => context.text(RUN_PAGE_STYLE, 200, { 'content-type': 'text/css' }))
  app.get('/status.json', async (context) => context.json(await stateOf(queue, register, address)))
  app.get('/metrics', async (context) => context.text(`${await queue.exportPrometheusMetrics()}\n`))
  app.get('/report', async (context) => {
    const report = await findNewestReport(queue, root)
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

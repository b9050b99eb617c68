import { checkCluster } from '../settings/check-settings.ts'
import { requireAddress, rootOf } from '../settings/cluster-options.ts'
import { EXIT_CODES } from '../exit-code.ts'
import type { Host } from '../host.ts'
import type { Settings } from '../settings/resolve-settings.ts'
import { watchSignals } from '../signals.ts'
import { wrongUse } from '../settings/wrong-use.ts'

/** `migrate dashboard`: serves pages of the cluster until it is told to stop. */
export async function dashboardCommand(settings: Settings, host: Host): Promise<number> {
  const options = checkCluster(settings)
  const [name, port] = parseListen(options.listen)
  const address = requireAddress(options, 'migrate dashboard')
  const { serveDashboard } = await import('../dashboard/serve-dashboard.ts')
  const root = rootOf(options, host.cwd)
  const dashboard = await serveDashboard({ address, root, host: name, port, token: options.token })
  host.stderr.write(
    `dashboard of ${address.server.shown} on ${dashboard.url}${options.token === undefined ? '' : '?token=...'}\n`,
  )
  await new Promise<void>((resolve) => {
    const watch = watchSignals(
      host.signals,
      () => {
        watch.stop()
        resolve()
      },
      () => {},
    )
  })
  await dashboard.close()
  host.endProcess(EXIT_CODES.done)
  return EXIT_CODES.done
}

/** `127.0.0.1:4880`, `[::1]:4880`, or only a port. */
function parseListen(listen: string): [string, number] {
  const match = /^(?:(\[[0-9a-f:]+\]|[\w.-]+):)?(\d{1,5})$/i.exec(listen)
  const port = Number(match?.[2])
  if (match === null || port > 65_535)
    throw wrongUse('--listen is not HOST:PORT', 'for example: --listen 127.0.0.1:4880')
  return [match[1] ?? '127.0.0.1', port]
}

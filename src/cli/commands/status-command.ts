import { checkCluster, checkDisplay } from '../settings/check-settings.ts'
import { requireAddress } from '../settings/cluster-options.ts'
import { EXIT_CODES } from '../exit-code.ts'
import { formatStatus } from '../terminal/format-status.ts'
import type { Host } from '../host.ts'
import type { Settings } from '../settings/resolve-settings.ts'

/** `migrate status`: what the queue and the nodes are at, now. Asks the queue only, so it works from anywhere. */
export async function statusCommand(settings: Settings, host: Host): Promise<number> {
  const { readClusterState } = await import('../../control/coordinator/cluster-state.ts')
  const status = await readClusterState(requireAddress(checkCluster(settings), 'migrate status'), {
    onWaiting: (message) => host.stderr.write(`${message}\n`),
  })
  host.stdout.write(checkDisplay(settings).as === 'json' ? `${JSON.stringify(status)}\n` : formatStatus(status))
  return EXIT_CODES.done
}

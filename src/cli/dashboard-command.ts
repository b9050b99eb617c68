import type { Host } from './host.ts'
import type { Settings } from './resolve-settings.ts'

export async function dashboardCommand(_settings: Settings, _host: Host): Promise<number> {
  return 1
}

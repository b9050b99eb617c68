import { MigrationError } from '../../errors/migration-error.ts'

/** The URL of a queue's server. It may hold a password, so it is only ever shown redacted. */

export interface ClusterUrl {
  readonly kind: 'redis' | 'postgres'
  /** With whatever credentials were given. Never to be shown. */
  readonly url: string
  /** The same without credentials: for messages. */
  readonly shown: string
}

/** @throws MigrationError WRONG_USE, which does not repeat the credentials. */
export function parseClusterUrl(text: string): ClusterUrl {
  const hint = 'for example: redis://queue.example:6379, rediss://..., or postgres://user@db.example/drover'
  let url: URL
  try {
    url = new URL(text)
  } catch {
    throw new MigrationError('WRONG_USE', '--cluster is not a URL', { phase: 'options', hint })
  }
  const kind = KINDS[url.protocol]
  if (kind === undefined) {
    throw new MigrationError('WRONG_USE', `--cluster cannot be ${url.protocol}//`, { phase: 'options', hint })
  }
  if (url.hostname === '') throw new MigrationError('WRONG_USE', '--cluster names no host', { phase: 'options', hint })
  return { kind, url: text, shown: showUrl(url) }
}

const KINDS: Readonly<Record<string, ClusterUrl['kind']>> = {
  'redis:': 'redis',
  'rediss:': 'redis',
  'postgres:': 'postgres',
  'postgresql:': 'postgres',
}

/** Parameters may hold a password too (`?password=...`), so none is shown. */
function showUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`
}

/** A text of a driver with everything taken out that came from the URL's credentials, raw or decoded. */
export function redact({ url, shown }: ClusterUrl, text: string): string {
  const parsed = new URL(url)
  const secrets = [parsed.password, decode(parsed.password), ...parsed.searchParams.values()]
  let redacted = text.replaceAll(url, shown)
  for (const secret of secrets) if (secret.length > 2) redacted = redacted.replaceAll(secret, '***')
  return redacted
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

import { MigrationError } from '../../errors/migration-error.ts'
import { redact, type ClusterUrl } from './cluster-url.ts'
import type { Answer } from './who-answers.ts'

/** Why a server will not be reached by trying again, and what to do about it. */
export interface Refusal {
  readonly reason: string
  readonly hint: string
}

interface DriverError {
  readonly code?: unknown
  readonly message: string
}

const PASSWORD: Refusal = {
  reason: 'it does not accept the name or password',
  hint: 'check both in --cluster (redis://:PASSWORD@host, postgres://USER:PASSWORD@host; special characters as %40 and so on)',
}
const NO_PASSWORD: Refusal = {
  reason: 'it demands a password',
  hint: 'give it in --cluster (redis://:PASSWORD@host, postgres://USER:PASSWORD@host), best by the variable MIGRATE_CLUSTER',
}
const NO_DATABASE: Refusal = {
  reason: 'there is no such database',
  hint: 'check what stands behind the last / of --cluster',
}
const NO_RIGHT: Refusal = {
  reason: 'the user may not do what a queue needs',
  hint: 'Redis: allow it all commands on keys of bull:*; Postgres: GRANT CREATE ON DATABASE, or let its owner start Drover once, which sets the schema up',
}
const CERTIFICATE: Refusal = {
  reason: 'its certificate is not trusted',
  hint: 'name the host as the certificate does, and give the authority that signed it by the variable NODE_EXTRA_CA_CERTS=ca.crt',
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html, and texts of Redis and of the drivers. */
const KINDS: readonly (readonly [RegExp, Refusal])[] = [
  [
    /\b(?:NOAUTH|HELLO must be called with the client already authenticated|client password must be a string)\b/,
    NO_PASSWORD,
  ],
  [/\b(?:WRONGPASS|28P01|invalid password|password authentication failed)\b/, PASSWORD],
  [/\b(?:3D000|DB index is out of range|invalid DB index)\b/, NO_DATABASE],
  [/\b(?:NOPERM|42501)\b/, NO_RIGHT],
  [
    /\b(?:SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_\w+|CERT_\w+|ERR_TLS_CERT_\w+|HOSTNAME_MISMATCH)\b/,
    CERTIFICATE,
  ],
  [
    /does not support SSL connections|\bSSL_R?_?WRONG_VERSION_NUMBER\b|\bWRONG_VERSION_NUMBER\b/,
    {
      reason: 'it speaks no TLS on this port',
      hint: 'leave TLS out of --cluster (redis://, sslmode=disable), or name its TLS port',
    },
  ],
  [
    // What drivers of Redis say of an answer that is none of its language: a page of HTTP, for one.
    /\bUnknown RESP type\b|\bProtocol error, got\b/,
    {
      reason: 'what listens there is no Redis',
      hint: 'check the port of --cluster: a server of another kind answers there',
    },
  ],
  [
    /\bENOTFOUND\b/,
    {
      reason: 'there is no host of that name',
      hint: 'check the name of the host in --cluster, and that this machine can look it up',
    },
  ],
  [
    /\b28000\b/,
    {
      reason: 'it does not let this user in',
      hint: 'check the user in --cluster; where pg_hba.conf demands TLS, add ?sslmode=verify-full',
    },
  ],
  [
    /\b(?:ERR_SSL_\w+|EPROTO|ERR_TLS_\w+)\b/,
    { reason: 'TLS cannot be agreed upon', hint: 'check versions and certificates' },
  ],
]

/** Null: it may pass (a server that starts, a line that is cut, too many connections), so it is worth another try. */
export function whyRefused(error: DriverError): Refusal | null {
  const text = `${typeof error.code === 'string' ? error.code : ''} ${error.message}`
  return KINDS.find(([pattern]) => pattern.test(text))?.[1] ?? null
}

/** What listens speaks another language than the URL says. */
export function wrongLanguage({ kind, url }: ClusterUrl, answer: Answer | null): Refusal | null {
  const isTls = url.startsWith('rediss:') || (kind === 'postgres' && /[?&]sslmode=(?!disable)/.test(url))
  if (answer === null || (answer === 'tls' && isTls) || (answer === kind && !isTls)) return null
  if (answer === 'tls') return { reason: 'it speaks only TLS on this port', hint: 'say rediss:// instead of redis://' }
  if (answer === kind)
    return { reason: 'it speaks no TLS on this port', hint: 'say redis:// instead of rediss://, or name its TLS port' }
  return {
    reason: `what listens there is ${answer === 'redis' ? 'Redis' : 'Postgres'}`,
    hint: `say ${answer}:// instead, or name another port`,
  }
}

/** @param said what the server or the driver said, if anything. */
export function queueRefused(server: ClusterUrl, { reason, hint }: Refusal, said: string): MigrationError {
  const because = said === '' ? '' : ` (${redact(server, said)})`
  return new MigrationError('QUEUE_REFUSED', `${server.shown}: ${reason}${because}`, { phase: 'lock', hint })
}

import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Certificates of a server of this machine, made for a test. */
export interface Certificates {
  /** Of the authority: what NODE_EXTRA_CA_CERTS names. */
  readonly authority: string
  readonly certificate: string
  readonly key: string
}

/** Why there are none here; null: there are. */
export function whyNoCertificates(): string | null {
  try {
    openssl('.', 'version')
    return null
  } catch {
    return 'The program openssl is missing, so the tests of TLS were skipped.'
  }
}

/** Makes an authority, and by it a certificate of localhost and 127.0.0.1. */
export function makeCertificates(folder: string): Certificates {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'names'), 'subjectAltName=DNS:localhost,IP:127.0.0.1')
  openssl(
    folder,
    'req',
    '-x509',
    ...newKey('authority'),
    '-out',
    'authority.crt',
    '-days',
    '2',
    '-subj',
    '/CN=authority',
  )
  openssl(folder, 'req', ...newKey('server'), '-out', 'server.csr', '-subj', '/CN=localhost')
  const by = ['-CA', 'authority.crt', '-CAkey', 'authority.key', '-CAcreateserial', '-extfile', 'names']
  openssl(folder, 'x509', '-req', '-in', 'server.csr', ...by, '-out', 'server.crt', '-days', '2')
  return {
    authority: join(folder, 'authority.crt'),
    certificate: join(folder, 'server.crt'),
    key: join(folder, 'server.key'),
  }
}

function newKey(name: string): string[] {
  return ['-newkey', 'rsa:2048', '-nodes', '-keyout', `${name}.key`]
}

function openssl(folder: string, ...args: readonly string[]): void {
  execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
}

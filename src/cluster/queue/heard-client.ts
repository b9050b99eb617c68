import type { Socket } from 'node:net'
import { Client, type ClientConfig } from 'pg'

/**
 * A server that ends while a client of the pool is in use, but between two queries, tells it by an event, which the pool hears of idle clients
 * only, and which would end the process. The next query on it fails, and that is heard.
 */
export class HeardClient extends Client {
  constructor(config?: string | ClientConfig) {
    super(config)
    this.on('error', () => {})
  }

  /** Lets the line go, also in the middle of a handshake that the server still waits for. */
  drop(): void {
    ;(this as unknown as { connection: { stream: Socket } }).connection.stream.destroy()
  }
}

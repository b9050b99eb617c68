import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

/*
 * A client that speaks to the wrong kind of port mostly hears nothing, or is hung up on: a Redis client to a TLS port, a TLS client to a plain one, a
 * Redis client to Postgres. So where that happens the port is asked in each of these languages which one it speaks.
 */

export type Answer = 'redis' | 'postgres' | 'tls'

const PATIENCE_MS = 700
const REDIS_PING = Buffer.from('PING\r\n')
/** https://www.postgresql.org/docs/current/protocol-message-formats.html: SSLRequest; answered by one letter. */
const POSTGRES_SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])

/** What listens on a port; null: something else, or nothing that answers soon. */
export async function whoAnswers(host: string, port: number): Promise<Answer | null> {
  const [isRedis, isPostgres, isTls] = await Promise.all([
    ask(host, port, REDIS_PING, (text) => /^[+-]/.test(text)),
    ask(host, port, POSTGRES_SSL_REQUEST, (text) => /^[SNE]/.test(text)),
    speaksTls(host, port),
  ])
  if (isRedis) return 'redis'
  // One that has a certificate takes TLS at once, too.
  if (isPostgres) return 'postgres'
  return isTls ? 'tls' : null
}

function ask(host: string, port: number, question: Buffer, isIt: (text: string) => boolean): Promise<boolean> {
  return answerOf(connect({ host, port }), (socket, answer) => {
    socket.on('connect', () => socket.write(question))
    socket.on('data', (data: Buffer) => answer(isIt(data.toString('latin1'))))
  })
}

function speaksTls(host: string, port: number): Promise<boolean> {
  // Nothing is told to it, and nothing that it says is believed.
  const socket = connectTls({ host, port, rejectUnauthorized: false })
  return answerOf(socket, (_, answer) => socket.on('secureConnect', () => answer(true)))
}

function answerOf(socket: Socket, listen: (socket: Socket, answer: (is: boolean) => void) => void): Promise<boolean> {
  return new Promise((resolve) => {
    const answer = (is: boolean): void => {
      clearTimeout(timer)
      resolve(is)
      socket.destroy()
    }
    const timer = setTimeout(() => answer(false), PATIENCE_MS)
    socket.on('error', () => answer(false))
    socket.on('close', () => answer(false))
    listen(socket, answer)
  })
}

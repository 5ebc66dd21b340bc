// One question to a Redis over a bare socket, because the launcher depends on no client.
import { connect } from 'node:net'

/** Answers with the first bytes of the reply; rejects when there is none in time. */
export function askRedis(port: number, host: string, command: string, timeoutMs = 2_000): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host })
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`no answer in ${timeoutMs} ms`)))
    socket.on('connect', () => socket.write(`${command}\r\n`))
    socket.on('data', (reply) => {
      resolve(reply.toString())
      socket.destroy()
    })
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('closed without an answer')))
  })
}

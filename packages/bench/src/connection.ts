import { once } from 'node:events'
import { connect } from 'node:net'
import { createAnswerReader, type Answer } from './answer.ts'

/**
 * Opens a kept-alive HTTP/1.1 connection as a raw socket. Requests are sent as they are, each after the
 * answer to the one before. This takes half the CPU time of an HTTP client; on two cores, the server would
 * lack that time.
 */
export async function openConnection(port: number) {
  let waiting: { resolve: (answer: Answer) => void; reject: (err: Error) => void } | null = null
  const read = createAnswerReader((answer) => {
    const { resolve } = waiting ?? {}
    waiting = null
    if (resolve === undefined) socket.destroy(new Error('an answer without a request'))
    else resolve(answer)
  })
  const socket = connect({
    host: '127.0.0.1',
    port,
    noDelay: true,
    onread: {
      buffer: Buffer.alloc(16_384),
      callback: (bytes, buffer) => {
        try {
          read(Buffer.from(buffer.buffer, buffer.byteOffset, bytes))
        } catch (err) {
          socket.destroy(err instanceof Error ? err : new Error(String(err)))
        }
        return true
      },
    },
  })
  await once(socket, 'connect')
  const fail = (err: Error) => {
    waiting?.reject(err)
    waiting = null
  }
  socket.on('error', fail)
  socket.on('close', () => fail(new Error('the server closed a connection')))
  return {
    ask: (request: string) =>
      new Promise<Answer>((resolve, reject) => {
        if (socket.destroyed) return reject(new Error('the connection is closed'))
        waiting = { resolve, reject }
        socket.write(request, 'latin1')
      }),
    close: (err?: Error) => {
      socket.destroy(err)
    },
  }
}
export type Connection = Awaited<ReturnType<typeof openConnection>>

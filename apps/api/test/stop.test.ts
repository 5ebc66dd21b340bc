import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { beforeEach, describe, expect, it } from 'vitest'
import { startApi, type Api } from './api.ts'

const HEADERS = 'host: api\r\ncontent-type: application/json\r\n'
const VERIFY = `POST /v1/sms_codes/verify HTTP/1.1\r\n${HEADERS}content-length: 2\r\n\r\n{}`

let api: Api
let socket: Socket
/** The server's end of the connection. */
let served: Socket
let answers: string
beforeEach(async () => {
  api = await startApi()
  const url = new URL(await api.app.listen({ port: 0, host: '127.0.0.1' }))
  const accepted = new Promise<Socket>((resolve) => api.app.server.once('connection', resolve))
  socket = connect(Number(url.port), '127.0.0.1')
  answers = ''
  socket.on('data', (data: Buffer) => (answers += data.toString()))
  await once(socket, 'connect')
  served = await accepted
})

/** Writes the beginning of a request, starts the stop, and then writes the rest. */
async function stopDuring(beginning: string, rest: string): Promise<void> {
  socket.write(beginning)
  await expect.poll(() => served.bytesRead).toBe(beginning.length)
  const stopped = api.stop()
  await expect.poll(() => api.app.server.listening).toBe(false)
  socket.write(rest)
  await stopped
}

describe('a stop', () => {
  it('answers the request that is under way, and does not wait for another on its connection', async () => {
    // Without `connection: close`, the stop would wait until the server closes its idle connections.
    await stopDuring(VERIFY.slice(0, -1), VERIFY.slice(-1))
    expect(answers).toMatch(/^HTTP\/1\.1 400 .*^connection: close.*"code":"4003"/ims)
  })

  it('answers a request that comes on an open connection in the envelope', async () => {
    await stopDuring(VERIFY.slice(0, 20), VERIFY.slice(20))
    expect(answers).toMatch(/^HTTP\/1\.1 400 .*"code":"4003"/s)
  })
})

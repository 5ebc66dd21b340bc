import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Socket } from 'node:net'
import { aMobile, startApi, type Api } from './api.ts'
import { converse } from './corpus/raw-http.ts'

let api: Api
let port: number
beforeAll(async () => {
  api = await startApi()
  port = Number(new URL(await api.app.listen({ port: 0, host: '127.0.0.1' })).port)
})
afterAll(() => api.stop())

const HEAD = 'POST /v1/sms_codes HTTP/1.1\r\nHost: sms.example\r\nContent-Type: application/json\r\n'

/** Sends the beginning at once and then one character every half second. */
const drip = (beginning: string, rest: string) => (socket: Socket) => {
  socket.write(beginning)
  let at = 0
  const timer = setInterval(() => socket.write(rest[at++] ?? ' '), 500)
  socket.on('close', () => clearInterval(timer))
}

/** Ten seconds, and time for a busy machine. It is less than the 30 s after which Node looks for late clients by default. */
const PATIENCE_MS = 25_000

it('a client that does not finish its request is cut off after ten seconds', async () => {
  expect(api.app.server).toMatchObject({ requestTimeout: 10_000, headersTimeout: 10_000 })
  const { uuid, image_code } = await api.captcha()
  const body = JSON.stringify({ mobile: aMobile(), uuid, image_code })
  const clients = [
    drip(HEAD, `X-Slow: ${'a'.repeat(100)}`),
    drip(`${HEAD}Content-Length: ${body.length}\r\n\r\n`, body),
    (socket: Socket) => socket.write(HEAD),
    (socket: Socket) => socket.write(`${HEAD}Content-Length: ${body.length}\r\n\r\n{`),
    () => {},
  ]
  const answers = await Promise.all(clients.map((speak) => converse(port, speak, PATIENCE_MS)))
  // A client that sends nothing more gets no answer, or a 408.
  const statuses = answers.map(({ status }) => status)
  expect(statuses.slice(0, 2)).toEqual([408, 408])
  for (const status of statuses.slice(2)) expect([0, 408]).toContain(status)
  for (const { status, body: said } of answers)
    expect(said.toString()).toBe(status === 0 ? '' : '{"code":"5006","errmsg":"参数错误"}')
  expect(await api.redis.get(`img_${uuid}`)).toBe(image_code)
})

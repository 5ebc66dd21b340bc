import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { createLogger } from '@sms-codes/core/logger'
import { startApi, type Api } from './api.ts'

let api: Api
afterEach(() => api.stop())

const request = (path: string, more = '') =>
  Buffer.from(`GET ${path} HTTP/1.1\r\nHost: sms.example\r\n${more}\r\n`)
const post = (path: string, body: string) =>
  Buffer.from(
    `POST ${path} HTTP/1.1\r\nHost: sms.example\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )

it('a client that resets its connection right after its request causes no answer, no error and no bug', async () => {
  const lines: string[] = []
  const token = 'callback-token-of-these-tests'
  const env = { CALLBACK_TOKEN: token, CALLBACK_ADDRESSES: '198.51.100.7' }
  api = await startApi(env, createLogger('api', 'info', { write: (line) => lines.push(line) }))
  const port = Number(new URL(await api.app.listen({ port: 0, host: '127.0.0.1' })).port)
  const requests = [
    request('/image_codes/uuid-number-1/'),
    request('/v1/challenges', 'X-Forwarded-For: 203.0.113.7\r\n'),
    request('/sms_codes/13800138000/?image_code=AB3D&uuid=uuid-number-1'),
    post('/v1/sms_codes/verify', '{"mobile":"13800138000","sms_code":"123456"}'),
    post('/v1/sms_codes', '{"mobile":"13800138000","uuid":"uuid-number-1","image_code":"AB3D"}'),
    post(`/callbacks/ccp/${token}`, '{}'),
    Buffer.concat([request('/nowhere'), request('/image_codes/uuid-number-1/')]),
  ]
  for (let i = 0; i < 210; i++) {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    socket.on('connect', () => {
      socket.write(requests[i % requests.length] ?? '')
      socket.resetAndDestroy()
    })
    await once(socket, 'close')
  }
  const after = await fetch(`http://127.0.0.1:${port}/.well-known/jwks.json`)
  expect(after.status).toBe(200)
  expect(lines.filter((line) => /"level":"(error|fatal)"|"bug"|"stack"/.test(line))).toEqual([])
  const metrics = await api.registry.metrics()
  expect(metrics).not.toMatch(/^sms_http_answers_total\{.*code="5000".*\}/m)
  expect(metrics).toMatch(/^sms_store_errors_total 0$/m)
})

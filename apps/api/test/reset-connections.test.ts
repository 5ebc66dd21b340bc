import { afterEach, expect, it } from 'vitest'
import { createLogger } from '@sms-codes/core/logger'
import { sendAndReset } from '@sms-codes/core/test/process/reset-clients'
import { startApiWith, type Api } from './api.ts'

const TOKEN = 'callback-token-of-these-tests'

let api: Api
afterEach(() => api.stop())

const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: sms.example\r\n${more}\r\n`
const post = (path: string, body: string) =>
  `POST ${path} HTTP/1.1\r\nHost: sms.example\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`

const REQUESTS = [
  get('/image_codes/uuid-number-1/'),
  get('/v1/challenges', 'X-Forwarded-For: 203.0.113.7\r\n'),
  get('/sms_codes/13800138000/?image_code=AB3D&uuid=uuid-number-1'),
  post('/v1/sms_codes/verify', '{"mobile":"13800138000","sms_code":"123456"}'),
  post('/v1/sms_codes', '{"mobile":"13800138000","uuid":"uuid-number-1","image_code":"AB3D"}'),
  post(`/callbacks/ccp/${TOKEN}`, '{}'),
  get('/nowhere') + get('/image_codes/uuid-number-1/'),
]

it('a client that resets its connection right after its request causes no answer, no log line and no metric', async () => {
  const lines: string[] = []
  const policy = { callbacks: { addresses: ['198.51.100.7'] } }
  api = await startApiWith(
    policy,
    { CALLBACK_TOKEN: TOKEN },
    createLogger('api', 'info', { write: (line) => lines.push(line) }),
  )
  const url = await api.app.listen({ port: 0, host: '127.0.0.1' })
  const [logged, keys] = [lines.length, await api.redis.keys('*')]
  for (let i = 0; i < 10; i++) sendAndReset(Number(new URL(url).port), REQUESTS)
  expect((await fetch(`${url}/.well-known/jwks.json`)).status).toBe(200)
  expect(lines.slice(logged)).toEqual([])
  expect(await api.redis.keys('*')).toEqual(keys)
  const counted = (await api.registry.metrics())
    .split('\n')
    .filter((line) => /^sms_http_answers_total.* [^0]/.test(line))
  expect(counted).toEqual(['sms_http_answers_total{code="0"} 1'])
})

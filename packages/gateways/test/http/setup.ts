// Makes gateways of the vendor `http` for tests.
import { onTestFinished } from 'vitest'
import type { HttpPolicy } from '@sms-codes/core/config/http-policy'
import type { SmsMessage } from '../../src/gateway.ts'
import { createHttpGateway } from '../../src/http/gateway.ts'
import { createTransport } from '../../src/transport.ts'
import type { Wording } from '../../src/wording.ts'
import { answer, serve } from '../servers.ts'

export const message: SmsMessage = {
  id: '0f8fad5bd9cb469fa16570867728950e',
  mobile: '+85290000000',
  country: 'HK',
  locale: 'zh-HK',
  code: '739146',
  minutes: 5,
  secondsLeft: 290.7,
  scene: 'login',
  text: '驗證碼 739146 & 5',
}

type Given = {
  secrets?: Record<string, string>
  wording?: Wording
  status?: number
  reply?: string
  changes?: Partial<SmsMessage>
}

/** Sends one message to a server of the test. The server has the path and the query of `http.url`, and its own host. */
export async function sendBy(http: HttpPolicy, given: Given = {}) {
  const { secrets = {}, wording = {}, status = 200, reply = '{}', changes = {} } = given
  const server = await serve(answer(status, reply))
  const transport = createTransport()
  onTestFinished(() => transport.close())
  const url = http.url.replace(/^https?:\/\/[^/?]+/, server.url)
  const options = { name: 'acme', secrets, wordingOf: () => wording, transport }
  const gateway = createHttpGateway({ ...options, http: { ...http, url } })
  const outcome = await gateway.send({ ...message, ...changes }, new AbortController().signal)
  const [head = '', body = ''] = server.requests[0]?.split('\r\n\r\n') ?? []
  const [start = '', ...lines] = head.split('\r\n')
  const headers = Object.fromEntries(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(': ')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 2)]
    }),
  )
  return { outcome, start, headers, body, requests: server.requests }
}

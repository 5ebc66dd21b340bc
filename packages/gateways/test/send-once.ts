// Sends one message through a gateway to a server of the test, and returns the outcome and the request.
import { onTestFinished } from 'vitest'
import type { SmsGateway, SmsMessage } from '../src/gateway.ts'
import { createTransport, type Transport } from '../src/transport.ts'
import { message } from './message.ts'
import { answer, serve } from './servers.ts'

export type Sending = {
  create: (baseUrl: string, transport: Transport) => SmsGateway
  reply: string
  status?: number
  headers?: Record<string, string>
  changed?: Partial<SmsMessage>
  prefix?: string
}

export async function sendOnce(sending: Sending) {
  const { create, reply, status = 200, headers = {}, changed = {}, prefix = '' } = sending
  const server = await serve(answer(status, reply, headers))
  const transport = createTransport()
  onTestFinished(() => transport.close())
  const gateway = create(`${server.url}${prefix}`, transport)
  const outcome = await gateway.send({ ...message, ...changed }, new AbortController().signal)
  const [head = '', body = ''] = server.requests[0]?.split('\r\n\r\n') ?? []
  const [start = '', ...lines] = head.split('\r\n')
  const received = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    }),
  )
  return { outcome, start, received, body, host: `127.0.0.1:${server.port}` }
}

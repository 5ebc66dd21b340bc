// The gateway that `npm start` calls first, in this process: the benchmark reads the codes, as the users do on their
// phones, and the times at which the messages arrive.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { firstGatewayAt } from '@sms-codes/launcher/simulated-vendors'

export type Message = { mobile: string; code: string; messageId: string; reqId: string; atMs: number }
export type Gateway = Awaited<ReturnType<typeof startGateway>>

const LATEST_MS = 20_000

export async function startGateway() {
  const messages = new Map<string, Message>()
  const waiting = new Map<string, (message: Message) => void>()
  let taken = 0
  let awaited = { count: 0, resolve: () => {} }

  function take(text: string): string {
    taken += 1
    const message = readMessage(text, taken.toString(16).padStart(32, '0'))
    messages.set(message.mobile, message)
    waiting.get(message.mobile)?.(message)
    if (taken === awaited.count) awaited.resolve()
    return JSON.stringify({ statusCode: '000000', templateSMS: { smsMessageSid: message.messageId } })
  }

  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      response.setHeader('content-type', 'application/json;charset=utf-8')
      response.end(take(Buffer.concat(chunks).toString('utf8')))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the gateway has no port')
  return {
    /** What a worker needs that sends every message to this gateway. */
    worker: firstGatewayAt(`http://127.0.0.1:${address.port}`),
    /** The number of calls so far. */
    taken: () => taken,
    /** Resolves at the call with this number. */
    reached: (count: number) =>
      new Promise<void>((resolve) => {
        awaited = { count, resolve }
      }),
    /** The newest message to a number, or null when it does not arrive in time. */
    async received(mobile: string): Promise<Message | null> {
      const message = messages.get(mobile)
      if (message !== undefined) return message
      const giveUp = new AbortController()
      const late = sleep(LATEST_MS, null, { signal: giveUp.signal })
      const arrived = new Promise<Message>((resolve) => waiting.set(mobile, resolve))
      const first = await Promise.race([arrived, late.catch(() => null)])
      giveUp.abort()
      waiting.delete(mobile)
      return first
    },
    async close(): Promise<void> {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function readMessage(text: string, messageId: string): Message {
  const body: unknown = JSON.parse(text)
  if (typeof body !== 'object' || body === null || !('to' in body) || !('datas' in body))
    throw new Error('a call of the gateway without a message')
  const code: unknown = Array.isArray(body.datas) ? body.datas[0] : ''
  const reqId = 'reqId' in body ? String(body.reqId) : ''
  return { mobile: String(body.to), code: String(code), messageId, reqId, atMs: performance.now() }
}

import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { Queue } from 'bullmq'
import { Registry } from 'prom-client'
import { Webhook } from 'standardwebhooks'
import { createEventCount } from '@sms-codes/core/queues/event-metrics'
import { createEventQueue, EVENTS_QUEUE } from '@sms-codes/core/queues/events'
import { QUEUE_PREFIX } from '@sms-codes/core/queues/queue-options'
import { connectRedis } from '@sms-codes/core/redis/connect'
import type { Send } from '@sms-codes/core/codes/send'
import { createSendLedger, type SendLedger } from '@sms-codes/core/codes/send-ledger'
import { untilReady } from '@sms-codes/core/test/until-ready'
import { createTransport } from '@sms-codes/gateways/transport'
import { readSecret } from '@sms-codes/gateways/webhook/signature'
import { createEventPoster } from '../../src/events/event-poster.ts'
import { fakeGateway, LEASE_MS, log, newMobile, sendOf, startDelivery } from '../worker.ts'

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`

let delivery: Awaited<ReturnType<typeof startDelivery>>
beforeAll(async () => {
  delivery = await startDelivery()
})
afterAll(() => delivery.stop())

type Heard = { headers: IncomingMessage['headers']; body: string }

/** An application that answers with these statuses and then with 204, and a worker that sends it events. */
async function startApplication(statuses: number[], secrets = [SECRET]) {
  const heard: Heard[] = []
  let told: () => void = () => {}
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      heard.push({ headers: request.headers, body })
      response.writeHead(statuses.shift() ?? 204).end()
      told()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/events`
  const connection = connectRedis(delivery.server.url, 'worker', log)
  // A connection of this kind waits longer for an answer, so that a busy test machine causes no refusals.
  const producer = connectRedis(delivery.server.url, 'operator', log)
  await untilReady(producer)
  const registry = new Registry()
  const countEvent = createEventCount(registry)
  const events = createEventQueue(producer, log, null, () => countEvent('lost'))
  const transport = createTransport()
  const poster = createEventPoster({
    connection,
    url,
    keys: secrets.map(readSecret),
    transport,
    countEvent,
    metrics: delivery.metrics,
    log,
  })
  onTestFinished(async () => {
    await Promise.all([poster.close(), events.close()])
    transport.close()
    connection.disconnect()
    producer.disconnect()
    server.close()
    server.closeAllConnections()
  })
  return {
    heard,
    poster,
    producer,
    /** How many events the metric has as delivered and as lost. */
    counted: async () =>
      [...(await registry.metrics()).matchAll(/^sms_events_total\{.*\} (\d+)$/gm)].map(([, count]) =>
        Number(count),
      ),
    ledger: createSendLedger(delivery.redis, delivery.keyring, events.tell),
    hears: async (n: number): Promise<Heard[]> => {
      while (heard.length < n) await new Promise<void>((resolve) => (told = resolve))
      return heard
    },
  }
}
/** A ledger, and the statuses that it tells. */
function listen() {
  const told: string[] = []
  const tell = (_send: Send, status: string) => void told.push(status)
  return { ledger: createSendLedger(delivery.redis, delivery.keyring, tell), told }
}

const said = ({ headers, body }: Heard, secret = SECRET): unknown => {
  const own = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
  return new Webhook(secret).verify(body, own)
}

describe('an application', () => {
  it('gets signed events about a request, without the number', async () => {
    const { ledger, hears } = await startApplication([])
    const mobile = newMobile()
    const send = sendOf(await delivery.codes.issue(mobile, 'default'))
    await delivery.deliver(send, [fakeGateway('first')], { ledger })
    await hears(1)
    await ledger.report(send, 'delivered', false)
    const heard = await hears(2)
    const about = { type: 'request.status', request_id: send.rid, scene: 'default', send: 1 }
    expect(heard.map((one) => said(one))).toMatchObject([
      { ...about, status: 'sent' },
      { ...about, status: 'delivered' },
    ])
    expect(JSON.stringify(heard)).not.toContain(mobile)
  })

  it('gets an event again with the same id until it answers with a 2xx', async () => {
    const { ledger, poster, hears, counted } = await startApplication([500, 302])
    const completed = once(poster, 'completed')
    const send = sendOf(await delivery.codes.issue(newMobile(), 'default'))
    await delivery.deliver(send, [fakeGateway('first', ['number'])], { ledger })
    const heard = await hears(3)
    expect(heard.map((one) => said(one))).toMatchObject(
      ['failed', 'failed', 'failed'].map((status) => ({ status })),
    )
    expect(new Set(heard.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
    await completed
    expect(await counted()).toEqual([1, 0])
  })

  it('gets no event that Redis did not take, and the event is counted as lost', async () => {
    const { ledger, producer, counted } = await startApplication([])
    const send = sendOf(await delivery.codes.issue(newMobile(), 'default'))
    producer.disconnect()
    await ledger.settleUnclaimed(send, { status: 'failed', reason: 'test' })
    await expect.poll(counted).toEqual([0, 1])
  })

  it('can verify events with either secret while one replaces the other', async () => {
    const older = `whsec_${Buffer.alloc(32, 8).toString('base64')}`
    const { ledger, hears } = await startApplication([], [SECRET, older])
    const send = sendOf(await delivery.codes.issue(newMobile(), 'default'))
    await ledger.settleUnclaimed(send, { status: 'failed', reason: 'test' })
    const [one] = await hears(1)
    if (one === undefined) throw new Error('no event was received')
    expect([said(one), said(one, older)]).toMatchObject([{ status: 'failed' }, { status: 'failed' }])
  })

  it('that answers 410 does not get the event again', async () => {
    const { ledger, poster, heard, counted } = await startApplication([410])
    const send = sendOf(await delivery.codes.issue(newMobile(), 'default'))
    const failed = once(poster, 'failed')
    await ledger.settleUnclaimed(send, { status: 'failed', reason: 'test' })
    await failed
    expect(heard).toHaveLength(1)
    expect(await counted()).toEqual([0, 1])
    const id = `${send.rid}.1.failed`
    expect(await delivery.redis.hget(`{sms}:events:${id}`, 'failedReason')).toBe(
      'event not delivered: HTTP_410',
    )
    expect(await delivery.redis.zscore('{sms}:events:failed', id)).not.toBeNull()
    expect(await delivery.redis.zscore('{sms}:events:delayed', id)).toBeNull()
  })

  it('that never answers with a 2xx gets an event eleven times in about a quarter of an hour', async () => {
    // Only the test moves the clock, so no pause ends by itself.
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
    onTestFinished(() => void vi.useRealTimers())
    const { ledger, poster, heard, counted } = await startApplication(Array<number>(20).fill(500))
    const events = new Queue(EVENTS_QUEUE, { connection: { url: delivery.server.url }, prefix: QUEUE_PREFIX })
    const send = sendOf(await delivery.codes.issue(newMobile(), 'default'))
    const id = `${send.rid}.1.failed`
    await ledger.settleUnclaimed(send, { status: 'failed', reason: 'test' })
    const pauses: number[] = []
    for (;;) {
      await once(poster, 'failed')
      const job = await events.getJob(id)
      if ((await job?.getState()) === 'failed') break
      expect(await counted()).toEqual([0, 0])
      pauses.push(job?.delay ?? 0)
      await job?.promote()
    }
    await events.close()
    expect(heard).toHaveLength(11)
    expect(await counted()).toEqual([0, 1])
    const pause = (i: number) => pauses[i] ?? 0
    for (let i = 1; i < 10; i++) expect(pause(i)).toBeGreaterThan(pause(i - 1))
    const totalMs = pauses.reduce((sum, ms) => sum + ms, 0)
    expect(totalMs).toBeGreaterThan(700_000)
    expect(totalMs).toBeLessThan(1_050_000)
  })

  it('gets no event for a try that is not the last one, and none twice', async () => {
    const { ledger, told } = listen()
    const send = sendOf(await delivery.codes.issue(newMobile(), 'default'))
    await delivery.deliver(send, [fakeGateway('first', ['switch_now'])], { ledger }).catch(() => undefined)
    expect(told).toEqual([])
    await delivery.pass(121)
    await delivery.deliver(send, [fakeGateway('first')], { ledger })
    await delivery.deliver(send, [fakeGateway('first')], { ledger })
    expect(told).toEqual(['failed'])
  })

  it.each([
    [
      'claims',
      (ledger: SendLedger, send: Send) => ledger.claim(send, 'first', { fence: 0, leaseMs: LEASE_MS }),
    ],
    ['cannot deliver', (ledger: SendLedger, send: Send) => ledger.claim(send, '', { fence: 0, leaseMs: 0 })],
  ])('is told `sent` once if a worker %s a send whose code was used', async (_how, act) => {
    const { ledger, told } = listen()
    const [mobile, scene] = [newMobile(), 'default']
    const issued = await delivery.codes.issue(mobile, scene)
    const send = sendOf(issued)
    await delivery.codes.verify(mobile, scene, await delivery.codeOf(issued), send.rid)
    await delivery.pass(121)
    for (let run = 0; run < 2; run++) await act(ledger, send)
    expect(told).toEqual(['sent'])
    expect(await delivery.codes.find(send.rid, [scene])).toMatchObject({ status: 'sent' })
  })

  it('gets no event from a worker whose claim was taken over', async () => {
    const { ledger, told } = listen()
    const send = sendOf(await delivery.codes.issue(newMobile(), 'default'))
    const fenceOf = async () => {
      const claim = await ledger.claim(send, 'first', { fence: 0, leaseMs: LEASE_MS })
      return 'fence' in claim ? claim.fence : 0
    }
    const old = await fenceOf()
    await delivery.pass(2)
    const newest = await fenceOf()
    await ledger.settle(send, old, { status: 'failed' })
    expect(told).toEqual([])
    await ledger.settle(send, newest, { status: 'sent' })
    expect(told).toEqual(['sent'])
  })
})

import { createHmac, randomBytes } from 'node:crypto'
import { Writable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Queue } from 'bullmq'
import Fastify from 'fastify'
import fc from 'fast-check'
import { createLogger } from '@sms-codes/core/logger'
import { entryOf } from '@sms-codes/core/queues/delivery-receipts'
import { keys } from '@sms-codes/core/redis/keys'
import { QUEUE_PREFIX } from '@sms-codes/core/queues/queue-options'
import { EMAIL_QUEUE, type SendJob } from '@sms-codes/core/queues/send-queue'
import { createSendLedger } from '@sms-codes/core/codes/send-ledger'
import { signTwilio } from '@sms-codes/gateways/twilio/receipt'
import { callbackRoutes } from '../../src/routes/callbacks.ts'
import { aMobile, startApiWith, type Api } from '../api.ts'

const TOKEN = 'callback-token-of-these-tests'
const TWILIO_TOKEN = 'twilio-token-of-these-tests'
const SECRET = randomBytes(32)
const PUBLIC_URL = 'https://codes.example'

let api: Api
let mails: Queue<SendJob>
beforeAll(async () => {
  api = await startApiWith(
    {
      scenes: { default: {}, login: { fallback: true, receipt_within: '20s' } },
      email: { from: 'codes@shop.example' },
    },
    {
      CALLBACK_TOKEN: TOKEN,
      PUBLIC_URL,
      TWILIO_AUTH_TOKEN: TWILIO_TOKEN,
      WEBHOOK_SECRETS: `whsec_${SECRET.toString('base64')}`,
    },
  )
  mails = new Queue(EMAIL_QUEUE, { connection: { url: api.server.url }, prefix: QUEUE_PREFIX })
})
afterAll(async () => {
  await mails.close()
  await api.stop()
})

/** A request whose message was accepted by a gateway under an id. */
async function taken(scene = 'default', messageId = randomBytes(16).toString('hex')) {
  const mobile = aMobile()
  const { rid } = await api.sent(mobile, scene)
  const job: SendJob = { v: 1, rid, scene, n: 1, to: '138****8000', segment: '138' }
  const ledger = createSendLedger(api.redis, api.keyring)
  const settle = async () => {
    const claim = await ledger.claim(job, 'ccp', { fence: 0, leaseMs: 1_000 })
    if (claim.kind === 'go')
      await ledger.settle(job, claim.fence, { status: 'sent', gateway: 'ccp', messageId })
  }
  return { rid, mobile, job, messageId, settle }
}
const known = async (scene?: string, gateway = 'ccp') => {
  const one = await taken(scene)
  await one.settle()
  await api.deps.deliveryReceipts.expect(gateway, one.messageId, one.job)
  return one
}

const status = async (rid: string) =>
  (await api.app.inject({ url: `/v1/sms_codes/${rid}` })).json<{ status: string }>().status

async function call(path: string, payload: string, headers: Record<string, string> = {}) {
  const response = await api.app.inject({
    method: 'POST',
    url: path,
    headers: { 'content-type': 'application/json', ...headers },
    payload,
  })
  return { status: response.statusCode, body: response.body }
}
const ccp = (content: string, state = '0', more: object = {}) =>
  call(
    `/callbacks/ccp/${TOKEN}`,
    JSON.stringify({ Request: { action: 'SMSArrived', content, status: state, ...more } }),
  )

describe('a delivery receipt', () => {
  it('sets a sent message to delivered, and is acknowledged in the format of the gateway', async () => {
    const { rid, messageId } = await known()
    expect(await status(rid)).toBe('sent')
    expect(await ccp(messageId)).toEqual({ status: 200, body: '{"statuscode":"000000"}' })
    expect(await status(rid)).toBe('delivered')
  })

  it('that comes before its send was recorded is applied later', async () => {
    const { rid, job, messageId, settle } = await taken()
    expect((await ccp(messageId)).status).toBe(200)
    expect(await status(rid)).toBe('queued')
    await settle()
    const state = await api.deps.deliveryReceipts.expect('ccp', messageId, job)
    expect(state).toBe('delivered')
    expect(await api.deps.ledger.report(job, 'delivered', false)).toMatchObject({ kind: 'delivered' })
  })

  it('of the state undelivered waits if its send is known and not settled', async () => {
    const { rid, job, messageId, settle } = await taken()
    await api.deps.deliveryReceipts.expect('ccp', messageId, job)
    await ccp(messageId, '1')
    expect(await status(rid)).toBe('queued')
    await settle()
    expect(await api.deps.deliveryReceipts.expect('ccp', messageId, job)).toBe('undelivered')
  })

  it.each([
    ['delivered', '0', 'delivered'],
    ['undelivered', '1', 'failed'],
  ])(
    'of the state %s is applied if its send is settled before the receipt is stored',
    async (_state, state, became) => {
      const { rid, job, messageId, settle } = await taken()
      await api.deps.deliveryReceipts.expect('ccp', messageId, job)
      const own = api.deps.deliveryReceipts
      const deliveryReceipts: typeof own = {
        ...own,
        park: async (...receipt) => {
          await settle()
          await own.park(...receipt)
        },
      }
      const app = Fastify()
      await app.register(callbackRoutes, { ...api.deps, deliveryReceipts })
      const payload = JSON.stringify({ Request: { action: 'SMSArrived', content: messageId, status: state } })
      await app.inject({
        method: 'POST',
        url: `/callbacks/ccp/${TOKEN}`,
        payload,
        headers: { 'content-type': 'application/json' },
      })
      await app.close()
      expect(await status(rid)).toBe(became)
    },
  )

  it('with our own id resolves a message for which the gateway gave no answer', async () => {
    const { rid, job } = await taken()
    await api.deps.deliveryReceipts.expect('ccp', 'our-own-id', job)
    await ccp('an-id-we-never-saw', '0', { reqId: 'our-own-id' })
    expect(await status(rid)).toBe('delivered')
  })

  it('finds its send although a newer worker stored the job in a newer version', async () => {
    const { rid, job, messageId } = await known()
    const key = keys.message(api.keyring.pseudonym(`message|ccp|${messageId}`))
    await api.redis.hset(key, 'send', JSON.stringify({ ...job, v: 2, more: {} }))
    await ccp(messageId)
    expect(await status(rid)).toBe('delivered')
  })

  it('of the state undelivered fails a request that cannot fall back, and the send still counts', async () => {
    const { rid, messageId } = await known('default')
    await ccp(messageId, '1')
    expect(await status(rid)).toBe('failed')
    expect(await api.redis.zcard(`sms:{${rid.slice(0, 22)}}:sends`)).toBe(1)
  })

  it('of the state undelivered sends the code by e-mail once, if the scene falls back', async () => {
    const { rid, mobile, messageId } = await known('login')
    await api.deps.contacts.put(mobile, {
      email: 'owner@mail.example',
      verifiedAt: '2026-01-01T00:00:00.000Z',
    })
    await Promise.all(Array.from({ length: 20 }, () => ccp(messageId, '1')))
    const jobs = (await mails.getJobs(['waiting'])).filter(({ data }) => data.rid === rid)
    expect(jobs.map(({ data }) => data)).toEqual([
      { v: 1, rid, scene: 'login', n: 1, to: '138****8000', segment: '138' },
    ])
    expect(await status(rid)).toBe('queued')
  })

  it('of the state undelivered fails a request of a phone without a contact, although the scene falls back', async () => {
    const { rid, messageId } = await known('login')
    await ccp(messageId, '1')
    expect(await status(rid)).toBe('failed')
    expect((await mails.getJobs(['waiting'])).filter(({ data }) => data.rid === rid)).toEqual([])
  })

  it('has the same effect in any order and in any number of repetitions', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('0', '1'), { minLength: 1, maxLength: 6 }),
        async (states) => {
          const { rid, messageId } = await known('default')
          for (const state of states) await ccp(messageId, state)
          // `delivered` wins, whenever it comes.
          expect(await status(rid)).toBe(states.includes('0') ? 'delivered' : 'failed')
        },
      ),
      { numRuns: 40 },
    )
  })

  it.each(['0', '1'])('ends the wait of its scene with the status %s', async (state) => {
    const { job, messageId } = await known('login')
    const { deliveryReceipts } = api.deps
    await deliveryReceipts.beginWait(job, 1_000)
    await ccp(messageId, state)
    await expect.poll(() => deliveryReceipts.overdue(1_000, 10)).toEqual([])
  })

  it('leaves the wait of a send that is not settled', async () => {
    const { job, messageId } = await taken('login')
    const { deliveryReceipts } = api.deps
    await deliveryReceipts.expect('ccp', messageId, job)
    await deliveryReceipts.beginWait(job, 1_000)
    await ccp(messageId, '1')
    expect(await deliveryReceipts.overdue(1_000, 10)).toEqual([entryOf(job)])
    await deliveryReceipts.endWait(entryOf(job))
  })

  it('about an unknown message changes nothing', async () => {
    const { rid } = await known()
    expect((await ccp('0123456789abcdef')).status).toBe(200)
    expect((await ccp(rid)).status).toBe(200)
    expect(await status(rid)).toBe('sent')
  })

  it('of one gateway does not affect a message of another gateway', async () => {
    const { rid, messageId } = await known('default', 'aliyun')
    await ccp(messageId)
    expect(await status(rid)).toBe('sent')
    const rows = JSON.stringify([{ success: true, biz_id: messageId, err_code: 'DELIVERED' }])
    expect(await call(`/callbacks/aliyun/${TOKEN}`, rows)).toEqual({
      status: 200,
      body: '{"code":0,"msg":"接收成功"}',
    })
    expect(await status(rid)).toBe('delivered')
  })
})

describe('a caller that is not the gateway', () => {
  it('gets the plain 404 without the token, whether the gateway exists or not', async () => {
    const nowhere = await call('/nowhere', '{}')
    for (const path of [
      '/callbacks/ccp/wrong',
      `/callbacks/nobody/${TOKEN}`,
      '/callbacks/ccp/',
      `/callbacks/ccp/${TOKEN}x`,
    ])
      expect(await call(path, '{}')).toEqual({ status: 404, body: nowhere.body })
  })

  it('cannot forge a delivery receipt of Twilio or of a webhook', async () => {
    const { rid, messageId } = await known('default', 'twilio')
    const form = new URLSearchParams({ MessageSid: messageId, MessageStatus: 'delivered' })
    const path = `/callbacks/twilio/${TOKEN}`
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    expect((await call(path, form.toString(), headers)).status).toBe(401)
    const forged = { ...headers, 'x-twilio-signature': signTwilio('another-token', PUBLIC_URL + path, form) }
    expect((await call(path, form.toString(), forged)).status).toBe(401)
    expect(await status(rid)).toBe('sent')
    const signed = { ...headers, 'x-twilio-signature': signTwilio(TWILIO_TOKEN, PUBLIC_URL + path, form) }
    expect((await call(path, form.toString(), signed)).status).toBe(204)
    expect(await status(rid)).toBe('delivered')

    const hook = await known('default', 'webhook')
    const body = JSON.stringify({ id: hook.messageId, status: 'delivered' })
    const at = String(Math.floor(Date.now() / 1000))
    const sign = (key: Buffer) => ({
      'webhook-id': 'evt_1',
      'webhook-timestamp': at,
      'webhook-signature': `v1,${createHmac('sha256', key).update(`evt_1.${at}.${body}`).digest('base64')}`,
    })
    expect((await call(`/callbacks/webhook/${TOKEN}`, body, sign(randomBytes(32)))).status).toBe(401)
    expect(await status(hook.rid)).toBe('sent')
    expect((await call(`/callbacks/webhook/${TOKEN}`, body, sign(SECRET))).status).toBe(204)
    expect(await status(hook.rid)).toBe('delivered')
  })

  it('is refused from another network if the policy names addresses', async () => {
    const narrow = await startApiWith(
      { callbacks: { addresses: ['192.0.2.0/24'] } },
      { CALLBACK_TOKEN: TOKEN },
    )
    try {
      const from = (address: string) =>
        narrow.app
          .inject({
            method: 'POST',
            url: `/callbacks/ccp/${TOKEN}`,
            headers: { 'content-type': 'application/json', 'x-forwarded-for': address },
            payload: '{"Request":{"action":"SMSArrived","content":"x","status":"0"}}',
          })
          .then(({ statusCode }) => statusCode)
      expect([await from('192.0.2.7'), await from('198.51.100.7')]).toEqual([200, 404])
    } finally {
      await narrow.stop()
    }
  })
})

describe('an unreadable delivery receipt', () => {
  it.each([
    ['ccp', ''],
    ['ccp', '<html>'],
    ['ccp', '{"Request":7}'],
    ['aliyun', '{}'],
    ['tencent', 'null'],
  ])('of %s is refused in the envelope: %s', async (gateway, payload) => {
    const { status: code, body } = await call(`/callbacks/${gateway}/${TOKEN}`, payload)
    expect([code, JSON.parse(body)]).toMatchObject([400, { code: '5006' }])
  })

  it('is refused if it is too long, and never answered with a 5xx', async () => {
    expect((await call(`/callbacks/ccp/${TOKEN}`, 'x'.repeat(300_000))).status).toBe(413)
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('ccp', 'aliyun', 'tencent', 'twilio', 'webhook'),
        fc.oneof(fc.string(), fc.json()),
        fc.constantFrom('application/json', 'application/x-www-form-urlencoded', 'text/plain', 'x/y'),
        async (gateway, payload, type) => {
          const answer = await call(`/callbacks/${gateway}/${TOKEN}`, payload, { 'content-type': type })
          expect([200, 204, 400, 401]).toContain(answer.status)
        },
      ),
      { numRuns: 300 },
    )
  })
})

describe('a gateway whose secret for delivery receipts is missing', () => {
  it('causes a warning at the start if the policy has it, and one log line when its receipts arrive', async () => {
    const lines: string[] = []
    const write = (line: Buffer, _encoding: string, done: () => void) => {
      lines.push(line.toString())
      done()
    }
    const log = createLogger('api', 'warn', new Writable({ write }))
    const env = { CALLBACK_TOKEN: TOKEN, API_OPS_PORT: '0' }
    const other = await startApiWith({ gateways: { ccp: {}, twilio: {} } }, env, log)
    const warnings = (msg: string) =>
      lines
        .filter((line) => line.includes(`"msg":"${msg}"`))
        .map((line) => /"gateway":"(\w+)","variable":"(\w+)"/.exec(line)?.slice(1))
    const atStart = 'delivery receipts of a listed gateway will be refused: no secret'
    expect(warnings(atStart)).toEqual([['twilio', 'TWILIO_AUTH_TOKEN']])
    const post = async (url: string) =>
      (await other.app.inject({ method: 'POST', url, payload: '{}' })).statusCode
    expect(await post('/callbacks/twilio/another-token')).toBe(404)
    const atCall = 'delivery receipts of a gateway are refused: no secret'
    expect(warnings(atCall)).toEqual([])
    for (const gateway of ['twilio', 'webhook', 'twilio', 'webhook', 'pigeon'])
      expect(await post(`/callbacks/${gateway}/${TOKEN}`)).toBe(404)
    expect(warnings(atCall)).toEqual([
      ['twilio', 'TWILIO_AUTH_TOKEN'],
      ['webhook', 'WEBHOOK_SECRETS'],
    ])
    expect(warnings(atStart)).toHaveLength(1)
    await other.stop()
  })
})

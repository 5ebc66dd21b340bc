import { randomBytes } from 'node:crypto'
import { Writable } from 'node:stream'
import { Queue } from 'bullmq'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createCodeStore } from '@sms-codes/core/codes/code-store'
import { createContacts } from '@sms-codes/core/codes/contacts'
import { phoneOf } from '@sms-codes/core/codes/send'
import { createSendLedger } from '@sms-codes/core/codes/send-ledger'
import { createKeyring } from '@sms-codes/core/keyring'
import { createLogger } from '@sms-codes/core/logger'
import { keys } from '@sms-codes/core/redis/keys'
import { QUEUE_PREFIX } from '@sms-codes/core/queues/queue-options'
import { SMS_QUEUE } from '@sms-codes/core/queues/send-queue'
import { policy } from '@sms-codes/core/test/store'
import { createEmailGateway } from '../src/email/email-gateway.ts'
import { createSmtpClient } from '../src/email/smtp-client.ts'
import { fakeGateway, jobOf, messageTo, newMobile, sendOf, startDelivery } from './worker.ts'

let delivery: Awaited<ReturnType<typeof startDelivery>>
let raw: Queue
beforeEach(async () => {
  delivery = await startDelivery()
  raw = new Queue(SMS_QUEUE, { connection: { url: delivery.server.url }, prefix: QUEUE_PREFIX })
})
afterEach(async () => {
  await raw.close()
  await delivery.stop()
})

const [phoneKey, newer] = [randomBytes(32), { kid: 'k2', key: randomBytes(32) }]
const newerKeyring = createKeyring({ phoneKey, codeKeys: [newer] })
/** Issues a code as an API with a newer key does. The workers of `startDelivery` have only the key k1. */
const issuedByNewer = async () =>
  sendOf(await createCodeStore(delivery.redis, newerKeyring, () => policy).issue(newMobile(), 'default'))
const statusOf = async (rid: string) => (await delivery.codes.find(rid, ['default']))?.status
const metric = async (series: string) => (await delivery.registry.metrics()).split('\n').includes(series)

it('a worker without the key of a message leaves the job to a worker that has the key, and loses nothing', async () => {
  const lines: string[] = []
  const write = (line: Buffer, _encoding: string, done: () => void) => {
    lines.push(line.toString())
    done()
  }
  const log = createLogger('worker', 'info', new Writable({ write }))
  const [old, fresh] = [fakeGateway('first'), fakeGateway('first')]
  const { stop } = await delivery.startQueue([old], { log })
  expect(await metric('sms_missing_keys_total 0')).toBe(true)
  const sends = [await issuedByNewer(), await issuedByNewer()]
  const recordOf = (rid: string) => delivery.redis.hgetall(keys.code(phoneOf(rid), 'default'))
  const before = await Promise.all(sends.map(({ rid }) => recordOf(rid)))
  for (const send of sends) await raw.add('send', jobOf(send), { jobId: `${send.rid}.1`, attempts: 1 })
  await expect.poll(() => raw.getDelayedCount(), { timeout: 10_000 }).toBe(2)
  expect(await Promise.all(sends.map(({ rid }) => recordOf(rid)))).toEqual(before)
  const reports = lines.filter((line) => line.includes('CODE_KEYS lacks a key'))
  expect(reports).toHaveLength(1)
  expect(reports[0]).toContain('"kid":"k2"')

  const ledger = createSendLedger(delivery.redis, newerKeyring)
  const other = await delivery.startQueue([fresh], { ledger })
  for (const { rid } of sends) await expect.poll(() => statusOf(rid), { timeout: 30_000 }).toBe('sent')
  expect(fresh.messages).toHaveLength(2)
  expect(old.messages).toHaveLength(0)
  await Promise.all([stop(), other.stop()])
}, 60_000)

it('a message whose key no worker has fails as late, and gives its slot back', async () => {
  const { stop } = await delivery.startQueue([fakeGateway('first')])
  const send = await issuedByNewer()
  await raw.add('send', jobOf(send))
  await expect.poll(() => raw.getDelayedCount(), { timeout: 10_000 }).toBe(1)
  await delivery.pass(121)
  await expect.poll(() => statusOf(send.rid), { timeout: 10_000 }).toBe('failed')
  await expect.poll(() => metric('sms_sends_ended_total{status="failed",by="late"} 1')).toBe(true)
  expect(await delivery.slotsOf(send)).toBe(0)
  await stop()
})

it('an address that was encrypted with a key which this worker lacks is a fault of our configuration', async () => {
  const { redis } = delivery
  const mobile = newMobile()
  const contact = { email: 'owner@mail.example', verifiedAt: '2026-01-02T03:04:05.000Z' }
  await createContacts(redis, newerKeyring).put(mobile, contact)
  const ownKeyring = createKeyring({ phoneKey, codeKeys: [{ kid: 'k1', key: randomBytes(32) }] })
  const gateway = createEmailGateway({
    contacts: createContacts(redis, ownKeyring),
    transporter: createSmtpClient({ url: 'smtp://127.0.0.1:1', requireTls: false }),
    from: { name: '', address: 'codes@shop.example' },
    deadlineMs: 1_000,
  })
  expect(await gateway.send(messageTo(mobile), AbortSignal.timeout(5_000))).toEqual({
    class: 'config',
    code: 'KEY_MISSING',
  })
})

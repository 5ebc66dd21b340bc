import { createHmac } from 'node:crypto'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '@sms-codes/launcher/ports'
import { toRecord } from './json.ts'
import type { Env } from './system-env.ts'
import { aMobile, startSystem, type System } from './system.ts'

let system: System
let worker: Awaited<ReturnType<System['startWorker']>> | undefined
beforeAll(async () => {
  const SCENES = 'default; login fallback=yes; payment fallback=yes receipt_within=2'
  system = await startSystem({ workers: 0, receipts: true, env: { SCENES } })
})
afterEach(async () => {
  await worker?.process.stop()
  worker = undefined
  await system.resetSimulator()
})
afterAll(() => system.stop())

let owners = 0
/** Stores a verified e-mail address for a new phone and requests one code. */
async function requestCode(scene: string, env: Env = {}) {
  const dead = `http://127.0.0.1:${await freePort()}`
  const down = { CCP_BASE_URL: dead, ALIYUN_BASE_URL: dead }
  worker ??= await system.startWorker({
    SMS_GATEWAYS: 'ccp,aliyun',
    ...(env['SMS_GATEWAYS'] === undefined && down),
    ...env,
  })
  const mobile = aMobile()
  const email = `owner${++owners}@mail.example`
  const put = await system.asBackend('PUT', `/v1/contacts/${mobile}`, {
    email,
    verified_at: '2026-11-01T00:00:00Z',
  })
  expect(put.status).toBe(204)
  const at = Date.now()
  const { body } = await system.post('/v1/sms_codes', { mobile, scene, ...(await system.captcha()) })
  const id = String(body['request_id'])
  const requestStatus = async () => (await system.call(`/v1/sms_codes/${id}`)).body
  const status = async () => (await requestStatus())['status']
  return { mobile, email, id, at, requestStatus, status, mails: () => system.mails(email) }
}
async function ends(status: () => Promise<unknown>, wish: string): Promise<void> {
  await expect.poll(status, { timeout: 60_000, interval: 100 }).toBe(wish)
}

const REFUSED = 'gateway did not accept the message'

/** When a gateway last refused the message of this request, from the worker's log; 0 if no gateway did. */
function lastRefusal(id: string): number {
  const lines = system.logs.filter(({ app, line }) => app === 'worker' && line.includes(id))
  const refusals = lines.map(({ line }) => toRecord(JSON.parse(line))).filter(({ msg }) => msg === REFUSED)
  return Math.max(0, ...refusals.map(({ time }) => Date.parse(String(time))))
}

describe('a code that no SMS gateway accepts', () => {
  it('is sent by e-mail to the verified address only, and verifies once with assurance email', async () => {
    const { mobile, email, id, at, requestStatus, status, mails } = await requestCode('login')
    await ends(status, 'fell_back')
    const [mail, ...more] = await mails()
    console.log(`all gateways down: mail after ${Number(mail?.['at']) - at} ms`)
    expect(more).toEqual([])
    expect(mail).toMatchObject({ to: email, code: expect.stringMatching(/^\d{6}$/) as unknown })
    expect(mail?.['subject']).not.toContain(String(mail?.['code']))
    expect(JSON.stringify(mail)).not.toContain(mobile)
    expect(await requestStatus()).toMatchObject({
      channel: 'email',
      times: { queued: expect.any(String) as unknown, fell_back: expect.any(String) as unknown },
    })
    expect(await system.outbox(mobile)).toEqual([])
    const verified = await system.verify(mobile, String(mail?.['code']), { scene: 'login', request_id: id })
    expect(verified.body).toMatchObject({ code: '0', assurance: 'email' })
    expect((await system.verify(mobile, String(mail?.['code']), { scene: 'login' })).body['code']).toBe(
      '4008',
    )
  })

  it('is not sent by e-mail in a scene without fallback, or without a stored address', async () => {
    const known = await requestCode('default')
    const { body } = await system.post('/v1/sms_codes', {
      mobile: aMobile(),
      scene: 'login',
      ...(await system.captcha()),
    })
    const ids = [known.id, String(body['request_id'])]
    const afterTheMove = Date.now() + 9_000
    await expect
      .poll(() => ids.map((id) => lastRefusal(id) > afterTheMove), { timeout: 60_000 })
      .toEqual([true, true])
    for (const id of ids)
      expect((await system.call(`/v1/sms_codes/${id}`)).body).toMatchObject({ channel: 'sms' })
    expect([await known.mails(), await system.outbox(known.mobile)]).toEqual([[], []])
  })

  it('is sent by e-mail at most twice a day for one phone', async () => {
    const { mobile, email, status, mails } = await requestCode('login')
    await ends(status, 'fell_back')
    const again = async (scene: string) => {
      await system.redis.del(`sms:{${phoneOf(mobile)}}:sends`)
      const { body } = await system.post('/v1/sms_codes', { mobile, scene, ...(await system.captcha()) })
      return async () => (await system.call(`/v1/sms_codes/${String(body['request_id'])}`)).body['status']
    }
    await ends(await again('payment'), 'fell_back')
    await ends(await again('login'), 'failed')
    expect(await mails()).toHaveLength(2)
    expect(email).toBe((await mails())[0]?.['to'])
  })
})

/** The pseudonym of this phone in Redis. */
const phoneOf = (mobile: string) =>
  createHmac('sha256', Buffer.from(system.env['PHONE_KEY'] ?? '', 'base64'))
    .update(mobile)
    .digest('base64url')
    .slice(0, 22)

describe('a message that a gateway accepted', () => {
  const up = { SMS_GATEWAYS: 'ccp' }

  it('and reported as undelivered is sent by e-mail', async () => {
    await system.fault('undelivered', 0, 0, 'ccp')
    const { mobile, status, mails } = await requestCode('login', up)
    await ends(status, 'fell_back')
    const [message] = await system.outbox(mobile)
    expect((await mails()).map(({ code }) => code)).toEqual([message?.code])
  })

  it('and never reported is sent by e-mail too, when the scene waits for delivery receipts', async () => {
    await system.fault('no_receipt', 0, 0, 'ccp')
    const { mobile, status, mails } = await requestCode('payment', up)
    await ends(status, 'fell_back')
    expect(await system.outbox(mobile)).toHaveLength(1)
    expect(await mails()).toHaveLength(1)
  })

  it('is not sent by e-mail before the waiting time is over, even by a worker whose clock is ahead', async () => {
    await system.fault('no_receipt', 0, 0, 'ccp')
    const clock = pathToFileURL(join(import.meta.dirname, 'fast-clock.mjs')).href
    const mailer = await system.startWorker({ WORKER_QUEUES: 'email', NODE_OPTIONS: `--import=${clock}` })
    const { mobile, status, mails } = await requestCode('payment', { ...up, WORKER_QUEUES: 'sms' })
    await ends(status, 'fell_back')
    const [[message], [mail]] = [await system.outbox(mobile), await mails()]
    await mailer.process.stop()
    expect(Number(mail?.['at']) - Number(message?.at)).toBeGreaterThanOrEqual(2_000)
  })

  it('and reported as delivered is not sent by e-mail', async () => {
    const { status, mails } = await requestCode('payment', up)
    await ends(status, 'delivered')
    const checks = () => system.redis.zcard('{sms}:email:delayed')
    await expect.poll(checks, { timeout: 10_000 }).toBe(0)
    expect([await status(), await mails()]).toEqual(['delivered', []])
  })

  it('and whose code has been verified is not sent by e-mail', async () => {
    await system.fault('no_receipt', 0, 0, 'ccp')
    const { mobile, id, status, mails } = await requestCode('payment', up)
    await ends(status, 'sent')
    const [message] = await system.outbox(mobile)
    expect(
      (await system.verify(mobile, message?.code ?? '', { scene: 'payment', request_id: id })).body,
    ).toMatchObject({ code: '0', assurance: 'sms' })
    const checks = () => system.redis.zcard('{sms}:email:delayed')
    await expect.poll(checks, { timeout: 10_000 }).toBe(0)
    expect(await mails()).toEqual([])
  })
})

describe('a mail server', () => {
  it.each([
    ['refuses the connection once', 'refuse', 'fell_back'],
    ['greylists', 'greylist', 'fell_back'],
    ['refuses our password once', 'auth', 'fell_back'],
    ['takes its time', 'slow', 'fell_back'],
    ['knows no such address', 'bad_address', 'failed'],
  ])('that %s (%s): the request ends as %s', async (_what, fault, wish) => {
    await system.mailFault(fault, 1, 1_000)
    const { status, mails } = await requestCode('login')
    await ends(status, wish)
    expect(await mails()).toHaveLength(wish === 'failed' ? 0 : 1)
  })

  it('that accepts a mail and does not answer gets it at most once more, with the same message id', async () => {
    await system.mailFault('accept_drop', 1)
    const { status, mails } = await requestCode('login')
    await ends(status, 'fell_back')
    const all = await mails()
    expect(all.length).toBeLessThanOrEqual(2)
    expect(new Set(all.map((mail) => mail['message_id'])).size).toBe(1)
    expect(new Set(all.map(({ code }) => code)).size).toBe(1)
  })

  it('is used only by workers that take the e-mail queue, and gateways only by workers that take the SMS queue', async () => {
    worker = await system.startWorker({ SMS_GATEWAYS: 'ccp', WORKER_QUEUES: 'sms' })
    await system.fault('undelivered', 0, 0, 'ccp')
    const { mobile, requestStatus, status, mails } = await requestCode('login')
    await expect.poll(async () => (await requestStatus())['channel'], { timeout: 20_000 }).toBe('email')
    expect([await status(), await mails()]).toEqual(['queued', []])
    await worker.process.stop()
    worker = await system.startWorker({ SMS_GATEWAYS: 'ccp', WORKER_QUEUES: 'email' })
    await ends(status, 'fell_back')
    const waiting = aMobile()
    await system.send(waiting)
    expect(await system.redis.llen('{sms}:sms:wait')).toBe(1)
    expect([await system.outbox(waiting), (await system.outbox(mobile)).length]).toEqual([[], 1])
  })
})

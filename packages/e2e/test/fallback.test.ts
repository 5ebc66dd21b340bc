import { createHmac } from 'node:crypto'
import { connect, createServer } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { freePort } from '@sms-codes/launcher/ports'
import { toRecord } from './json.ts'
import { nodeOptions, type Env, type Settings } from './system-env.ts'
import { aMobile, startSystem, type System } from './system.ts'

let system: System
let worker: Awaited<ReturnType<System['startWorker']>> | undefined
beforeAll(async () => {
  // The tests let all gateways fail one after the other, and the API would refuse the sends of the later tests.
  const policy = {
    scenes: {
      default: {},
      login: { fallback: true },
      payment: { fallback: true, receipt_within: '2s' },
      // The receipt, or the verify, comes earlier than this also on a machine that stalls for some seconds.
      order: { fallback: true, receipt_within: '8s' },
    },
    overload: { queue_max_age: '0s' },
  }
  system = await startSystem({ workers: 0, receipts: true, policy })
})
afterEach(async () => {
  await worker?.process.stop()
  worker = undefined
  await system.resetSimulator()
})
afterAll(() => system.stop())

let owners = 0
/** Stores a verified e-mail address for a new phone and requests one code. */
async function requestCode(scene: string, env: Env = {}, settings: Settings = {}) {
  const dead = `http://127.0.0.1:${await freePort()}`
  const down = { gateways: { ccp: { base_url: dead }, aliyun: { base_url: dead } } }
  worker ??= await system.startWorker(
    { SMS_GATEWAYS: 'ccp,aliyun', ...env },
    env['SMS_GATEWAYS'] === undefined ? down : settings,
  )
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

/** The worker's log about this request. */
const workerLines = (id: string) =>
  system.logs
    .filter(({ app, line }) => app === 'worker' && line.includes(id))
    .map(({ line }) => toRecord(JSON.parse(line)))

/** The channels that this request has left, in order. */
const channelsLeft = (id: string) =>
  workerLines(id).flatMap(({ msg, channel }) => (msg === 'moved to the other channel' ? [channel] : []))

/** When a worker last began an attempt at this request by SMS. */
async function lastAttempt(id: string): Promise<number> {
  const jobs = await system.redis.keys(`{sms}:sms:${id}.*`)
  const begun = await Promise.all(jobs.map((job) => system.redis.hget(job, 'processedOn')))
  return Math.max(...begun.map(Number))
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
      .poll(async () => Math.min(...(await Promise.all(ids.map(lastAttempt)))), { timeout: 60_000 })
      .toBeGreaterThan(afterTheMove)
    for (const id of ids)
      expect((await system.call(`/v1/sms_codes/${id}`)).body).toMatchObject({ channel: 'sms' })
    expect([await known.mails(), await system.outbox(known.mobile)]).toEqual([[], []])
  })

  it('is sent by e-mail at most twice a day for one phone', async () => {
    const { mobile, email, id, status, mails } = await requestCode('login')
    await ends(status, 'fell_back')
    const again = async (scene: string) => {
      await system.redis.del(`sms:{${phoneOf(mobile)}}:sends`)
      const { body } = await system.post('/v1/sms_codes', { mobile, scene, ...(await system.captcha()) })
      return String(body['request_id'])
    }
    const second = await again('payment')
    await ends(async () => (await system.call(`/v1/sms_codes/${second}`)).body['status'], 'fell_back')
    const third = await again('login')
    // The third send is a further send of the first request. It returns to SMS, which may still succeed.
    await expect.poll(() => channelsLeft(id), { timeout: 60_000 }).toEqual(['sms', 'sms', 'email'])
    expect((await system.call(`/v1/sms_codes/${third}`)).body).toMatchObject({ channel: 'sms' })
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
    const mailer = await system.startWorker({ WORKER_QUEUES: 'email', ...nodeOptions('fast-clock.mjs') })
    const { mobile, status, mails } = await requestCode('payment', { ...up, WORKER_QUEUES: 'sms' })
    await ends(status, 'fell_back')
    const [[message], [mail]] = [await system.outbox(mobile), await mails()]
    await mailer.process.stop()
    expect(Number(mail?.['at']) - Number(message?.at)).toBeGreaterThanOrEqual(2_000)
  })

  it('and reported as delivered is not sent by e-mail', async () => {
    const { status, mails } = await requestCode('order', up)
    await ends(status, 'delivered')
    const checks = () => system.redis.zcard('{sms}:email:delayed')
    await expect.poll(checks).toBe(0)
    expect([await status(), await mails()]).toEqual(['delivered', []])
  })

  it('and whose code has been verified is not sent by e-mail', async () => {
    await system.fault('no_receipt', 0, 0, 'ccp')
    const { mobile, id, status, mails } = await requestCode('order', up)
    await ends(status, 'sent')
    const [message] = await system.outbox(mobile)
    expect(
      (await system.verify(mobile, message?.code ?? '', { scene: 'order', request_id: id })).body,
    ).toMatchObject({ code: '0', assurance: 'sms' })
    const checks = () => system.redis.zcard('{sms}:email:delayed')
    await expect.poll(checks).toBe(0)
    expect(await mails()).toEqual([])
  })
})

describe('a code that for a while neither SMS nor mail takes', () => {
  /** Requests a code while the only gateway is unreachable and the mail server ends every connection. */
  async function requestInOutage() {
    const port = await freePort()
    await system.mailFault('refuse', 0)
    const settings = {
      gateways: { ccp: { base_url: `http://127.0.0.1:${port}` } },
      email: { fallback_after: '1s' },
    }
    const request = await requestCode('login', { SMS_GATEWAYS: 'ccp' }, settings)
    const left = () => new Set(channelsLeft(request.id)).size
    await expect.poll(left, { timeout: 60_000 }).toBe(2)
    /** Makes the gateway reachable. */
    async function smsIsBack(): Promise<void> {
      const target = Number(new URL(system.simulatorUrl).port)
      const proxy = createServer((socket) => {
        const vendor = connect(target, '127.0.0.1')
        for (const end of [socket, vendor]) end.on('error', () => {})
        socket.pipe(vendor).pipe(socket)
      }).listen(port, '127.0.0.1')
      onTestFinished(() => void proxy.close())
    }
    return { ...request, smsIsBack }
  }

  it('is sent once by SMS if a gateway is back first', async () => {
    const { mobile, status, mails, smsIsBack } = await requestInOutage()
    await smsIsBack()
    await ends(status, 'delivered')
    const [message, ...more] = await system.outbox(mobile)
    expect([more, await mails()]).toEqual([[], []])
    const verified = await system.verify(mobile, message?.code ?? '', { scene: 'login' })
    expect(verified.body).toMatchObject({ code: '0', assurance: 'sms' })
  })

  it('is sent once by e-mail if the mail server is back first', async () => {
    const { mobile, status, mails } = await requestInOutage()
    await system.clearMailFaults()
    await ends(status, 'fell_back')
    expect([(await mails()).length, await system.outbox(mobile)]).toEqual([1, []])
  })
})

describe('a mail server', () => {
  it.each([
    ['refuses the connection once', 'refuse', 'fell_back'],
    ['greylists', 'greylist', 'fell_back'],
    ['refuses our password once', 'auth', 'fell_back'],
    ['takes its time', 'slow', 'fell_back'],
  ])('that %s (%s): the request ends as %s', async (_what, fault, wish) => {
    await system.mailFault(fault, 1, 1_000)
    const { status, mails } = await requestCode('login')
    await ends(status, wish)
    expect(await mails()).toHaveLength(1)
  })

  it('that knows no such address is not asked again, and the code may still go by SMS', async () => {
    await system.mailFault('bad_address', 1)
    const { id, requestStatus, mails } = await requestCode('login')
    await expect.poll(() => channelsLeft(id), { timeout: 60_000 }).toEqual(['sms', 'email'])
    const returnedAt = Date.now()
    await expect.poll(() => lastAttempt(id), { timeout: 60_000 }).toBeGreaterThan(returnedAt)
    expect([(await requestStatus())['channel'], channelsLeft(id), await mails()]).toEqual([
      'sms',
      ['sms', 'email'],
      [],
    ])
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
    await expect.poll(async () => (await requestStatus())['channel']).toBe('email')
    await expect.poll(status).toBe('queued')
    expect(await mails()).toEqual([])
    await worker.process.stop()
    worker = await system.startWorker({ SMS_GATEWAYS: 'ccp', WORKER_QUEUES: 'email' })
    await ends(status, 'fell_back')
    const waiting = aMobile()
    await system.send(waiting)
    expect(await system.redis.llen('{sms}:sms:wait')).toBe(1)
    expect([await system.outbox(waiting), (await system.outbox(mobile)).length]).toEqual([[], 1])
  })
})

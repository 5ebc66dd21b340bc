import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '@sms-codes/launcher/ports'
import type { Settings } from './system-env.ts'
import { aMobile, startSystem, type System } from './system.ts'

// Every test starts its own worker, because a circuit breaker remembers the faults of earlier tests. At the
// end, a table shows for each fault which gateway delivered, and after how long.

let system: System
beforeAll(async () => {
  system = await startSystem({ workers: 0, receipts: true })
})
afterAll(() => system.stop())

let worker: Awaited<ReturnType<System['startWorker']>> | undefined
afterEach(async () => {
  await worker?.process.stop()
  worker = undefined
  await system.resetSimulator()
})

type Row = { row: string; by: string; status: string; ms: number }
const rows: Row[] = []
afterAll(() => console.log(table(rows)))

function table(all: Row[]): string {
  const width = Math.max(...all.map(({ row }) => row.length))
  const lines = all.map(
    ({ row, by, status, ms }) =>
      `${row.padEnd(width)}  ${by.padEnd(22)} ${status.padEnd(9)} ${String(ms).padStart(6)} ms`,
  )
  return [
    '',
    `${'fault'.padEnd(width)}  messages by            status    first message after`,
    ...lines,
  ].join('\n')
}

const END = /^(sent|delivered|fell_back|failed|expired)$/

/** Sends one code with a worker that has these gateways, and waits until its status matches. */
async function sendOne(row: string, names: string, gateways: Settings = {}, wish: RegExp = END) {
  await worker?.process.stop()
  worker = await system.startWorker({ SMS_GATEWAYS: names }, { gateways })
  const mobile = aMobile()
  const at = Date.now()
  const { body } = await system.send(mobile)
  const status = async () => {
    const found = await system.call(`/v1/sms_codes/${String(body['request_id'])}`)
    return String(found.body['status'])
  }
  await expect.poll(status, { timeout: 60_000, interval: 100 }).toMatch(wish)
  const messages = await system.outbox(mobile)
  const by = messages.map(({ gateway }) => gateway).join(' + ')
  const ms = messages.length === 0 ? 0 : Math.min(...messages.map((message) => message.at)) - at
  rows.push({ row, by: by || 'none', status: await status(), ms })
  expect(new Set(messages.map(({ code }) => code)).size).toBeLessThanOrEqual(1)
  return { mobile, messages, gateways: messages.map(({ gateway }) => gateway), status: await status() }
}

const DELIVERED = /^delivered$/

describe('a message through every gateway', () => {
  it.each(['ccp', 'aliyun', 'tencent', 'twilio', 'webhook'])(
    '%s: is sent once, and its delivery receipt is applied',
    async (name) => {
      const { gateways, status } = await sendOne(`none (${name})`, name, {}, DELIVERED)
      expect([gateways, status]).toEqual([[name], 'delivered'])
    },
  )
})

describe('a first gateway that certainly did not accept the message', () => {
  it('refuses the connection: the second gateway sends it', async () => {
    const dead = { ccp: { base_url: `http://127.0.0.1:${await freePort()}` } }
    expect((await sendOne('connection refused', 'ccp,aliyun', dead)).gateways).toEqual(['aliyun'])
  })

  it('has a host name without an address: the second gateway sends it', async () => {
    const lost = { ccp: { base_url: 'https://nowhere.invalid:8883' } }
    expect((await sendOne('no such host', 'ccp,aliyun', lost)).gateways).toEqual(['aliyun'])
  })

  it.each([
    ['a redirect', 'ccp', 'redirect'],
    ['account without balance', 'aliyun', 'isv.AMOUNT_NOT_ENOUGH'],
    ['signature not approved', 'tencent', 'FailedOperation.SignatureIncorrectOrUnapproved'],
    ['template unknown', 'ccp', '112311'],
    ['account suspended', 'twilio', '20003'],
  ])('%s: the second gateway sends it', async (row, first, fault) => {
    await system.fault(fault, 0, 0, first)
    const second = first === 'webhook' ? 'ccp' : 'webhook'
    expect((await sendOne(row, `${first},${second}`)).gateways).toEqual([second])
  })

  it.each([
    ['too many a second', 'aliyun', 'Throttling.User'],
    ['status 429', 'ccp', 'http_429'],
  ])('%s: the same gateway sends it a little later', async (row, first, fault) => {
    await system.fault(fault, 1, 0, first)
    expect((await sendOne(row, `${first},webhook`)).gateways).toEqual([first])
  })
})

describe('a fault of the number itself', () => {
  it.each([
    ['number refused', 'ccp', '160042'],
    ['limit of the number', 'aliyun', 'isv.BUSINESS_LIMIT_CONTROL'],
    ['number refused', 'tencent', 'InvalidParameterValue.IncorrectPhoneNumber'],
    ['number refused', 'twilio', '21211'],
  ])('%s by %s: no other gateway is tried', async (row, first, fault) => {
    await system.fault(fault, 0, 0, first)
    const { gateways, status } = await sendOne(`${row} (${first})`, `${first},webhook`)
    expect([gateways, status]).toEqual([[], 'failed'])
  })
})

describe('a first gateway that may have accepted the message', () => {
  it.each([
    // CCP recognises a repeated call, and Aliyun and Tencent can be asked about a message. Only where neither
    // helps, another gateway sends a second message.
    ['status 503, not accepted', 'ccp', 'http_503', ['ccp']],
    ['status 503, not accepted', 'aliyun', 'http_503', ['webhook']],
    ['HTML', 'tencent', 'html', ['webhook']],
    ['an empty answer', 'ccp', 'empty', ['ccp']],
    ['half a body, accepted', 'aliyun', 'half_body', ['aliyun']],
    ['50 MB, accepted', 'ccp', 'huge_body', ['ccp']],
    ['accepted, then reset', 'ccp', 'accept_rst', ['ccp']],
    ['accepted, then reset', 'aliyun', 'accept_rst', ['aliyun']],
    ['accepted, then reset', 'tencent', 'accept_rst', ['tencent']],
    ['no answer, not accepted', 'aliyun', 'hang', ['webhook']],
    ['no answer, accepted', 'tencent', 'accept_hang', ['tencent']],
    ['a byte a second, accepted', 'aliyun', 'slow_drip', ['aliyun']],
  ])('%s (%s, %s): one message, by the expected gateway', async (row, first, fault, expected) => {
    await system.fault(fault, 1, 0, first)
    const { gateways, status } = await sendOne(`${row} (${first})`, `${first},webhook`)
    expect(gateways).toEqual(expected)
    expect(status).toMatch(/^(sent|delivered)$/)
  })

  it('and cannot be asked about it: two messages with the same code', async () => {
    await system.fault('accept_rst', 1, 0, 'twilio')
    await system.fault('no_receipt', 1, 0, 'twilio')
    const { gateways } = await sendOne('accepted, then reset (twilio)', 'twilio,webhook')
    expect(gateways).toEqual(['twilio', 'webhook'])
  })

  it('and sends a delivery receipt for it: one message', async () => {
    await system.fault('accept_rst', 1, 0, 'twilio')
    // The API has the delivery receipt before the worker loses its connection, so it is there before any repeat.
    await system.fault('receipt_first', 1, 0, 'twilio')
    const { gateways, status } = await sendOne(
      'accepted, then a receipt (twilio)',
      'twilio,webhook',
      {},
      DELIVERED,
    )
    expect([gateways, status]).toEqual([['twilio'], 'delivered'])
  })

  it('and never answers: another gateway sends the only further message', async () => {
    await system.fault('hang', 0, 0, 'ccp')
    const { gateways } = await sendOne('never an answer (ccp)', 'ccp,webhook')
    expect(gateways).toEqual(['webhook'])
  })
})

describe('delivery receipts', () => {
  it('that are repeated or forged change nothing', async () => {
    await system.fault('receipt_twice', 1, 0, 'aliyun')
    expect((await sendOne('receipt twice', 'aliyun', {}, DELIVERED)).status).toBe('delivered')
    await system.fault('receipt_forged', 1, 0, 'webhook')
    const forged = await sendOne('forged receipt', 'webhook')
    expect(forged.status).toBe('sent')
  })

  it('that come before the answer to the call are applied', async () => {
    await system.fault('receipt_first', 1, 0, 'ccp')
    await system.fault('accept', 1, 800, 'ccp')
    expect((await sendOne('receipt first', 'ccp', {}, DELIVERED)).status).toBe('delivered')
  })

  it('that never come leave the request in the status sent', async () => {
    await system.fault('no_receipt', 1, 0, 'tencent')
    expect((await sendOne('no receipt', 'tencent')).status).toBe('sent')
  })

  it('that report undelivered end the request as failed when there is no fallback', async () => {
    await system.fault('undelivered', 1, 0, 'ccp')
    expect((await sendOne('undelivered', 'ccp', {}, /^failed$/)).status).toBe('failed')
  })
})

describe('two gateways that are both down for a while', () => {
  it('are not called while their circuit breakers are open, and send all messages after they recover', async () => {
    const dead = await freePort()
    const base_url = `http://127.0.0.1:${dead}`
    const gateways = { ccp: { base_url }, twilio: { base_url } }
    worker = await system.startWorker({ SMS_GATEWAYS: 'ccp,twilio' }, { gateways })
    const mobiles = Array.from({ length: 12 }, aMobile)
    await Promise.all(mobiles.map((mobile) => system.send(mobile)))
    const metrics = async () => (await fetch(`${worker?.opsUrl}/metrics`)).text()
    for (const name of ['ccp', 'twilio'])
      await expect.poll(metrics).toContain(`sms_breaker_open{gateway="${name}",app="worker"} 1`)
    await worker.process.stop()
    worker = await system.startWorker({ SMS_GATEWAYS: 'ccp,twilio' })
    for (const mobile of mobiles)
      await expect.poll(async () => (await system.outbox(mobile)).length, { timeout: 30_000 }).toBe(1)
  })
})

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '@sms-codes/launcher/ports'
import { aMobile, startSystem, type Env, type System } from './system.ts'

// Each row is a fault of one gateway, with a worker process of its own: breakers remember.

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

type Row = { row: string; took: string; status: string; ms: number }
const rows: Row[] = []
afterAll(() => console.log(table(rows)))

function table(all: Row[]): string {
  const width = Math.max(...all.map(({ row }) => row.length))
  const lines = all.map(
    ({ row, took, status, ms }) =>
      `${row.padEnd(width)}  ${took.padEnd(22)} ${status.padEnd(9)} ${String(ms).padStart(6)} ms`,
  )
  return ['', `${'fault'.padEnd(width)}  messages taken         status    message after`, ...lines].join('\n')
}

const END = /^(sent|delivered|fell_back|failed|expired)$/

/** Sends one code with these gateways and waits until its request has ended and its receipt came. */
async function sendOne(row: string, gateways: string, env: Env = {}, wish: RegExp = END) {
  await worker?.process.stop()
  worker = await system.startWorker({ SMS_GATEWAYS: gateways, ...env })
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
  rows.push({ row, took: by || 'none', status: await status(), ms })
  expect(new Set(messages.map(({ code }) => code)).size).toBeLessThanOrEqual(1)
  return { mobile, messages, gateways: messages.map(({ gateway }) => gateway), status: await status() }
}

const DELIVERED = /^delivered$/

describe('every gateway', () => {
  it.each(['ccp', 'aliyun', 'tencent', 'twilio', 'webhook'])('%s: taken once, delivered', async (name) => {
    const { gateways, status } = await sendOne(`none (${name})`, name, {}, DELIVERED)
    expect([gateways, status]).toEqual([[name], 'delivered'])
  })
})

describe('a first gateway that certainly did not take the message', () => {
  it('refuses the connection: the second has it', async () => {
    const dead = { CCP_BASE_URL: `http://127.0.0.1:${await freePort()}` }
    expect((await sendOne('F22 connection refused', 'ccp,aliyun', dead)).gateways).toEqual(['aliyun'])
  })

  it('has no address: the second has it', async () => {
    const lost = { CCP_BASE_URL: 'https://nowhere.invalid:8883' }
    expect((await sendOne('F22 no such host', 'ccp,aliyun', lost)).gateways).toEqual(['aliyun'])
  })

  it.each([
    ['F26 a redirect', 'ccp', 'redirect'],
    ['F27 arrears', 'aliyun', 'isv.AMOUNT_NOT_ENOUGH'],
    ['F27 signature not approved', 'tencent', 'FailedOperation.SignatureIncorrectOrUnapproved'],
    ['F27 template unknown', 'ccp', '112311'],
    ['F27 account suspended', 'twilio', '20003'],
  ])('%s: the second has it', async (row, first, fault) => {
    await system.fault(fault, 0, 0, first)
    const second = first === 'webhook' ? 'ccp' : 'webhook'
    expect((await sendOne(row, `${first},${second}`)).gateways).toEqual([second])
  })

  it.each([
    ['F28 too many a second', 'aliyun', 'Throttling.User'],
    ['F28 429', 'ccp', 'http_429'],
  ])('%s: the same gateway has it a little later', async (row, first, fault) => {
    await system.fault(fault, 1, 0, first)
    expect((await sendOne(row, `${first},webhook`)).gateways).toEqual([first])
  })
})

describe("a number's own fault", () => {
  it.each([
    ['F27 number refused', 'ccp', '160042'],
    ['F27 limit of the number', 'aliyun', 'isv.BUSINESS_LIMIT_CONTROL'],
    ['F27 number refused', 'tencent', 'InvalidParameterValue.IncorrectPhoneNumber'],
    ['F27 number refused', 'twilio', '21211'],
  ])('%s by %s: no other gateway is asked', async (row, first, fault) => {
    await system.fault(fault, 0, 0, first)
    const { gateways, status } = await sendOne(`${row} (${first})`, `${first},webhook`)
    expect([gateways, status]).toEqual([[], 'failed'])
  })
})

describe('a first gateway that may have taken the message', () => {
  it.each([
    // CCP knows its own repeats; Aliyun and Tencent can be asked; the second message is the last way out.
    ['F23 503, not taken', 'ccp', 'http_503', ['ccp']],
    ['F23 503, not taken', 'aliyun', 'http_503', ['webhook']],
    ['F26 HTML', 'tencent', 'html', ['webhook']],
    ['F26 empty', 'ccp', 'empty', ['ccp']],
    ['F26 half a body, taken', 'aliyun', 'half_body', ['aliyun']],
    ['F26 50 MB, taken', 'ccp', 'huge_body', ['ccp']],
    ['F29 taken, then reset', 'ccp', 'accept_rst', ['ccp']],
    ['F29 taken, then reset', 'aliyun', 'accept_rst', ['aliyun']],
    ['F29 taken, then reset', 'tencent', 'accept_rst', ['tencent']],
    ['F24 no answer, not taken', 'aliyun', 'hang', ['webhook']],
    ['F24 no answer, taken', 'tencent', 'accept_hang', ['tencent']],
    ['F25 a byte a second, taken', 'aliyun', 'slow_drip', ['aliyun']],
  ])('%s (%s, %s)', async (row, first, fault, expected) => {
    await system.fault(fault, 1, 0, first)
    const { gateways, status } = await sendOne(`${row} (${first})`, `${first},webhook`)
    expect(gateways).toEqual(expected)
    expect(status).toMatch(/^(sent|delivered)$/)
  })

  it('and says nothing that can be asked for later: at most two messages, one code', async () => {
    await system.fault('accept_rst', 1, 0, 'twilio')
    await system.fault('no_receipt', 1, 0, 'twilio')
    const { gateways } = await sendOne('F29 taken, then reset (twilio)', 'twilio,webhook')
    expect(gateways).toEqual(['twilio', 'webhook'])
  })

  it('and whose receipt says that it did: one message', async () => {
    await system.fault('accept_rst', 1, 0, 'twilio')
    const { gateways, status } = await sendOne('F29 taken, receipt (twilio)', 'twilio,webhook', {}, DELIVERED)
    expect([gateways, status]).toEqual([['twilio'], 'delivered'])
  })

  it('stays silent for good: another gateway has the one more message', async () => {
    await system.fault('hang', 0, 0, 'ccp')
    const { gateways } = await sendOne('F24 no answer, ever (ccp)', 'ccp,webhook')
    expect(gateways).toEqual(['webhook'])
  })
})

describe('delivery receipts', () => {
  it('that come twice or forged change nothing more', async () => {
    await system.fault('receipt_twice', 1, 0, 'aliyun')
    expect((await sendOne('F30 receipt twice', 'aliyun', {}, DELIVERED)).status).toBe('delivered')
    await system.fault('receipt_forged', 1, 0, 'webhook')
    const forged = await sendOne('forged receipt', 'webhook')
    expect(forged.status).toBe('sent')
  })

  it('that come before the answer are joined', async () => {
    await system.fault('receipt_first', 1, 0, 'ccp')
    await system.fault('accept', 1, 800, 'ccp')
    expect((await sendOne('receipt first', 'ccp', {}, DELIVERED)).status).toBe('delivered')
  })

  it('that never come leave a message sent', async () => {
    await system.fault('no_receipt', 1, 0, 'tencent')
    expect((await sendOne('F32 no receipt', 'tencent')).status).toBe('sent')
  })

  it('that say undelivered fail the request where there is no other way', async () => {
    await system.fault('undelivered', 1, 0, 'ccp')
    expect((await sendOne('F31 undelivered', 'ccp', {}, /^failed$/)).status).toBe('failed')
  })
})

describe('two gateways that are both down for a while', () => {
  it('are spared, and have their messages when they are well again', async () => {
    const dead = await freePort()
    const env = {
      SMS_GATEWAYS: 'ccp,twilio',
      CCP_BASE_URL: `http://127.0.0.1:${dead}`,
      TWILIO_BASE_URL: `http://127.0.0.1:${dead}`,
    }
    worker = await system.startWorker(env)
    const mobiles = Array.from({ length: 12 }, aMobile)
    await Promise.all(mobiles.map((mobile) => system.send(mobile)))
    const metrics = async () => (await fetch(`${worker?.opsUrl}/metrics`)).text()
    await expect
      .poll(metrics, { timeout: 20_000 })
      .toMatch(/sms_breaker_open\{gateway="ccp",app="worker"\} 1/)
    expect(await metrics()).toMatch(/sms_breaker_open\{gateway="twilio",app="worker"\} 1/)
    await worker.process.stop()
    worker = await system.startWorker({ SMS_GATEWAYS: 'ccp,twilio' })
    for (const mobile of mobiles)
      await expect.poll(async () => (await system.outbox(mobile)).length, { timeout: 30_000 }).toBe(1)
  })
})

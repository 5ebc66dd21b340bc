import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Queue } from 'bullmq'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCounters } from '@sms-codes/core/limits/counters'
import { keys } from '@sms-codes/core/redis/keys'
import { agePhone } from '@sms-codes/core/test/age'
import { accepted, attemptBreaches, breaches, withCode } from './replies.ts'
import { openSockets, type Sockets } from './sockets.ts'
import { STRICT_DEADLINE } from './system-env.ts'
import { aMobile, startSystem, times, wrong, type System } from './system.ts'

// A race may succeed once by luck, so each one runs thirty times, over four processes and 200 connections.
const ROUNDS = 30
const AT_ONCE = 200

let system: System
let sockets: Sockets
beforeAll(async () => {
  // The simulated vendor would refuse a second message within half a minute of real time.
  const env = { ...STRICT_DEADLINE, LOG_LEVEL: 'warn', SIMULATOR_VENDOR_LIMITS: 'off' }
  // Two codes of six digits are equal by chance in one of 30,000 runs.
  system = await startSystem({ apis: 4, workers: 2, env, policy: { codes: { length: 8 } } })
  sockets = openSockets(system.apis.map(({ url }) => url))
})
afterAll(async () => {
  sockets.close()
  await system.stop()
})

async function rounds(act: (round: number) => Promise<void>): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) await act(round)
}

/** One fixed address for each phone, because another address would get another request id. */
const addressOf = (mobile: string) =>
  `100.${Number(mobile.slice(3, 6)) % 256}.${Number(mobile.slice(6, 9)) % 256}.${Number(mobile.slice(9)) % 256}`
const sendWithFreshCaptcha = async (mobile: string) =>
  sockets.send(mobile, await system.captcha(), addressOf(mobile))

/** Repeats a call with the same key until it has a final answer. Returns it and the codes of the earlier answers. */
async function untilAnswered(body: object, key: string) {
  const heard: unknown[] = []
  for (;;) {
    const reply = await sockets.sendWithKey(body, key)
    if (reply.status !== 409 && reply.status !== 503) return { reply, heard }
    heard.push(reply.body['code'])
    await sleep(100)
  }
}
const phoneOf = (rid: string) => rid.slice(0, 22)

/** Waits until the queue is empty, so that no further message can be sent. */
async function queueIsEmpty(): Promise<void> {
  await expect.poll(() => system.open(), { timeout: 30_000 }).toBe(0)
}

/** How many messages each phone got. */
async function messagesTo(mobiles: readonly string[]): Promise<number[]> {
  await queueIsEmpty()
  const outbox = await system.outbox()
  return mobiles.map((mobile) => outbox.filter(({ to }) => to === mobile).length)
}

type Phone = { mobile: string; rid: string; code: string }

/** Sends a code to a new phone, and to the next one if the send exceeds its deadline. */
async function aSend() {
  for (;;) {
    const mobile = aMobile()
    const { body } = await sendWithFreshCaptcha(mobile)
    if (body['code'] === '0') return { mobile, rid: String(body['request_id']) }
    expect(body['code']).toBe('5000')
  }
}

/** Sends a code to one new phone for each round. */
async function phonesWithCodes(): Promise<Phone[]> {
  const sent = await times(ROUNDS, aSend)
  await queueIsEmpty()
  const outbox = await system.outbox()
  return sent.map((one) => ({ ...one, code: outbox.findLast(({ to }) => to === one.mobile)?.code ?? '' }))
}

/** The counters in Redis: how often the code was compared without a request id, and how often it was wrong. */
async function compares({ rid }: Phone): Promise<{ compared: number; missed: number }> {
  const ph = phoneOf(rid)
  const [compared, missed] = await Promise.all([
    system.redis.hget(`sms:{${ph}}:code:default`, 'guesses_without_id'),
    system.redis.zcard(`sms:{${ph}}:misses:blind`),
  ])
  return { compared: Number(compared), missed }
}

describe('in thirty rounds of 200 simultaneous requests to four API processes', () => {
  it('one image code is good for exactly one request', async () => {
    await rounds(async () => {
      const captcha = await system.captcha()
      const replies = await times(AT_ONCE, () => sockets.send(aMobile(), captcha))
      expect(breaches(replies, 1, '4001')).toEqual([])
    })
  })

  it('one mobile with 200 image codes gets exactly one message', async () => {
    const mobiles = Array.from({ length: ROUNDS }, aMobile)
    await rounds(async (round) => {
      const captchas = await times(AT_ONCE, () => system.captcha())
      const replies = await Promise.all(captchas.map((one) => sockets.send(mobiles[round] ?? '', one)))
      expect(breaches(replies, 1, '4002')).toEqual([])
    })
    expect(await messagesTo(mobiles)).toEqual(mobiles.map(() => 1))
  })

  it('ten mobiles get exactly one message each', async () => {
    const mobiles = Array.from({ length: ROUNDS * 10 }, aMobile)
    await rounds(async (round) => {
      const captchas = await times(AT_ONCE, () => system.captcha())
      const replies = await Promise.all(
        captchas.map((one, i) => sockets.send(mobiles[round * 10 + (i % 10)] ?? '', one)),
      )
      expect(breaches(replies, 10, '4002')).toEqual([])
    })
    expect(await messagesTo(mobiles)).toEqual(mobiles.map(() => 1))
  })

  it('one idempotency key sends one message, and all calls with it get the same answer', async () => {
    const mobiles = Array.from({ length: ROUNDS }, aMobile)
    const sent = new Set<string>()
    await rounds(async (round) => {
      const mobile = mobiles[round] ?? ''
      const body = { mobile, ...(await system.captcha()) }
      const key = randomUUID()
      const tries = await times(AT_ONCE, () => untilAnswered(body, key))
      const answers = new Set(tries.map(({ reply }) => JSON.stringify(reply)))
      expect([...answers]).toHaveLength(1)
      // A call that exceeds its deadline releases the key, but it has used up the image code.
      const undecided = tries.some(({ heard }) => heard.includes('5000'))
      const code = tries[0]?.reply.body['code']
      expect([undecided ? '4001' : '0', '0']).toContain(code)
      if (code === '0') sent.add(mobile)
    })
    expect(sent.size).toBeGreaterThan(0)
    const counts = await messagesTo(mobiles)
    // The message of a call that exceeded its deadline may still have been sent.
    for (const [i, mobile] of mobiles.entries())
      expect(sent.has(mobile) ? [1] : [0, 1], `round ${i}`).toContain(counts[i])
  })

  it('the right code verifies exactly once', async () => {
    const phones = await phonesWithCodes()
    for (const { mobile, code } of phones) {
      const replies = await times(AT_ONCE, () => sockets.verify(mobile, code))
      expect(breaches(replies, 1, '4008')).toEqual([])
    }
  })

  it('exactly five wrong codes are compared, and the right code no longer verifies after them', async () => {
    const phones = await phonesWithCodes()
    for (const phone of phones) {
      const replies = await times(AT_ONCE, () => sockets.verify(phone.mobile, wrong(phone.code)))
      expect(breaches(replies, 0, '4008')).toEqual([])
      expect(replies.filter(({ body }) => body['attempts_left'] !== undefined)).toEqual([])
      expect(await compares(phone)).toEqual({ compared: 5, missed: 5 })
      expect(accepted([await sockets.verify(phone.mobile, phone.code)])).toEqual([])

      const owner = { request_id: phone.rid }
      const owned = await times(AT_ONCE, () => sockets.verify(phone.mobile, wrong(phone.code), owner))
      expect(attemptBreaches(owned)).toEqual([])
      expect(accepted([await sockets.verify(phone.mobile, phone.code, owner)])).toEqual([])
    }
  })

  it('right codes among wrong ones verify at most once, and otherwise five are compared', async () => {
    const phones = await phonesWithCodes()
    for (const [round, phone] of phones.entries()) {
      const replies = await times(AT_ONCE, (i) =>
        sockets.verify(phone.mobile, i % 10 === round % 10 ? phone.code : wrong(phone.code)),
      )
      const won = accepted(replies).length
      const { compared, missed } = await compares(phone)
      // A call that exceeded its deadline may have used the code.
      const used = compared - missed
      expect([0, 1]).toContain(used)
      expect(used).toBeGreaterThanOrEqual(won)
      expect(used).toBeLessThanOrEqual(won + withCode(replies, '5000').length)
      expect(missed).toBeLessThanOrEqual(5 - used)
      expect(used === 1 ? 5 : missed).toBe(5)
    }
  })
})

describe('while 100 requests verify a code, another message is requested', () => {
  /**
   * Sends the new message up to 5 ms before or after the verify calls. Returns its request id and the request
   * ids of the successful calls.
   */
  async function race({ mobile, code }: Phone, round: number) {
    const ahead = (round % 11) - 5
    const [sent, replies] = await Promise.all([
      sleep(Math.max(0, -ahead)).then(() => sendWithFreshCaptcha(mobile)),
      sleep(Math.max(0, ahead)).then(() => times(100, () => sockets.verify(mobile, code))),
    ])
    expect(accepted([sent])).toHaveLength(1)
    const winners = accepted(replies).map(({ body }) => String(body['request_id']))
    return { winners, rid: String(sent.body['request_id']) }
  }

  const newest = async (mobile: string) => (await system.outbox(mobile)).at(-1)?.code ?? ''

  it('and the old code verifies once, whether the message repeats it or has a new one', async () => {
    const phones = await phonesWithCodes()
    for (const [round, phone] of phones.entries()) {
      await agePhone(system.redis, phoneOf(phone.rid), 61)
      const { winners, rid } = await race(phone, round)
      expect(winners).toEqual([phone.rid])
      await queueIsEmpty()
      // A repeated message has the used code again. If the code was used before, the new one verifies once.
      const code = await newest(phone.mobile)
      const again = await times(20, () => sockets.verify(phone.mobile, code, { request_id: rid }))
      expect(breaches(again, code === phone.code ? 0 : 1, '4008')).toEqual([])
      expect(accepted([await sockets.verify(phone.mobile, phone.code)])).toEqual([])
    }
  })

  it('and a code that is replaced before its end never verifies after the new one is issued', async () => {
    const phones = await phonesWithCodes()
    // The code is sent again late in its life. After that, its remaining time is too short for a third message.
    for (const { rid } of phones) await agePhone(system.redis, phoneOf(rid), 240)
    const again = await times(ROUNDS, (i) => sendWithFreshCaptcha(phones[i]?.mobile ?? ''))
    expect(accepted(again)).toHaveLength(ROUNDS)
    // Messages must be sent before the clock moves, or they would count against the gateway's quota.
    await queueIsEmpty()
    for (const { mobile, code } of phones) expect(await newest(mobile)).toBe(code)
    for (const { rid } of phones) await agePhone(system.redis, phoneOf(rid), 230)
    for (const [round, phone] of phones.entries()) {
      const { winners, rid } = await race(phone, round)
      expect([[], [phone.rid]]).toContainEqual(winners)
      await queueIsEmpty()
      const old = await times(20, () => sockets.verify(phone.mobile, phone.code, { request_id: phone.rid }))
      expect(accepted(old)).toEqual([])
      const code = await newest(phone.mobile)
      expect(code).not.toBe(phone.code)
      const fresh = await times(20, () => sockets.verify(phone.mobile, code, { request_id: rid }))
      expect(breaches(fresh, 1, '4008')).toEqual([])
    }
  })
})

describe('three other producers that queue every send again', () => {
  const SENDS = 34

  it(`cause no second message on any of ${SENDS * ROUNDS} phones`, async () => {
    const queue = new Queue('sms', { connection: { url: system.redisServer().url }, prefix: '{sms}' })
    const mobiles: string[] = []
    await rounds(async () => {
      const some = await times(SENDS, async () => {
        const mobile = aMobile()
        return { mobile, reply: await sendWithFreshCaptcha(mobile) }
      })
      expect(
        breaches(
          some.map(({ reply }) => reply),
          SENDS,
          '',
        ),
      ).toEqual([])
      const won = some.filter(({ reply }) => reply.body['code'] === '0')
      mobiles.push(...won.map(({ mobile }) => mobile))
      const again = won.flatMap(({ mobile, reply }) =>
        ['a', 'b', 'c'].map((producer) => {
          const rid = String(reply.body['request_id'])
          const to = mobile.replace(/^(...)....(....)$/, '$1****$2')
          return queue.add('send', { v: 1, rid, scene: 'default', n: 1, to }, { jobId: `${producer}.${rid}` })
        }),
      )
      await Promise.all(again)
    })
    const messages = await messagesTo(mobiles)
    await queue.close()
    expect(mobiles.length).toBeGreaterThan(SENDS * ROUNDS * 0.9)
    expect(messages).toEqual(mobiles.map(() => 1))
  })
})

describe('of 500 simultaneous requests to four API processes', () => {
  const BUDGET = 100
  const windows = [{ most: BUDGET, seconds: 3_600 }]

  it('a budget of 100 accepts exactly 100, in each of thirty rounds', async () => {
    const apis = await times(4, () => system.startApi({}, 0, { budget: { messages: [`${BUDGET}/1h`] } }))
    const asking = openSockets(apis.map(({ url }) => url))
    const before = (await system.outbox()).length
    let undecided = 0
    await rounds(async () => {
      // The next hour begins: the budget is unused again.
      await system.redis.del(keys.budget)
      const captchas = await times(500, () => system.captcha())
      const replies = await Promise.all(captchas.map((one) => asking.send(aMobile(), one)))
      const told = (errmsg: string) => replies.filter(({ body }) => body['errmsg'] === errmsg).length
      const [won, refused, late] = [accepted(replies).length, told('服务暂不可用'), told('数据错误')]
      expect(won).toBeLessThanOrEqual(BUDGET)
      // A command that exceeded its deadline may have used its part of the budget.
      expect(won + late).toBeGreaterThanOrEqual(BUDGET)
      expect(won + late + refused).toBe(500)
      const [hour] = await createCounters(system.redis).room({ key: keys.budget, windows })
      expect(hour?.used).toBeLessThanOrEqual(BUDGET)
      undecided += BUDGET - won
    })
    await queueIsEmpty()
    const sent = (await system.outbox()).length - before
    expect(sent).toBeGreaterThanOrEqual(ROUNDS * BUDGET - undecided)
    expect(sent).toBeLessThanOrEqual(ROUNDS * BUDGET)
    asking.close()
    await Promise.all(apis.map(({ process }) => process.stop()))
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { phoneOf } from '@sms-codes/core/codes/send'
import { keys } from '@sms-codes/core/redis/keys'
import type { Found, LookUp, OutcomeClass, SmsGateway, SmsMessage } from '@sms-codes/gateways/gateway'
import { RetryLater } from '../../src/delivery/settle-send.ts'
import { withSwitch } from '../../src/gateways/operator-switch.ts'
import type { SkippingGateway } from '../../src/gateways/skipping-gateway.ts'
import {
  fakeGateway,
  LEASE_MS,
  newMobile,
  readableLog,
  sendOf,
  skippedGateway,
  startDelivery,
} from '../worker.ts'

let delivery: Awaited<ReturnType<typeof startDelivery>>
beforeAll(async () => {
  delivery = await startDelivery()
})
afterAll(() => delivery.stop())

async function issued(mobile = newMobile()) {
  const answer = await delivery.codes.issue(mobile, 'default')
  return { mobile, send: sendOf(answer), code: await delivery.codeOf(answer) }
}
const recordOf = (rid: string) => keys.code(phoneOf(rid), 'default')
const statusOf = (rid: string) => delivery.codes.find(rid, ['default'])

describe('a send', () => {
  it('goes to the first gateway with the number, the code, the minutes and a message id of its own', async () => {
    const { mobile, send, code } = await issued()
    const [first, second] = [fakeGateway('first'), fakeGateway('second')]
    expect(await delivery.deliver(send, [first, second])).toEqual({ outcome: 'sent', why: 'first' })
    expect(first.messages).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f]{32}$/) as unknown,
        mobile,
        country: 'CN',
        locale: 'zh-CN',
        code,
        minutes: 5,
        secondsLeft: expect.any(Number) as unknown,
        scene: 'default',
        text: `您的验证码是${code}，请于5分钟内正确输入。`,
      },
    ])
    expect(second.messages).toEqual([])
    expect(await statusOf(send.rid)).toMatchObject({ status: 'sent' })
  })

  it('carries the minutes and the seconds that the code has left', async () => {
    const { send } = await issued()
    await delivery.pass(100)
    const gateway = fakeGateway('first')
    await delivery.deliver(send, [gateway])
    expect(gateway.messages[0]?.minutes).toBe(3)
    expect(gateway.messages[0]?.secondsLeft).toBeLessThanOrEqual(200)
    expect(gateway.messages[0]?.secondsLeft).toBeGreaterThan(180)
  })

  it.each(['switch_now', 'template', 'config'] as const)(
    'goes to the next gateway at once after %s',
    async (outcome) => {
      const { send } = await issued()
      const [first, second] = [fakeGateway('first', [outcome]), fakeGateway('second')]
      expect(await delivery.deliver(send, [first, second])).toEqual({ outcome: 'sent', why: 'second' })
      const contentOf = ({ id, mobile, code }: SmsMessage) => ({ id, mobile, code })
      expect(second.messages.map(contentOf)).toEqual(first.messages.map(contentOf))
    },
  )

  it.each(['number', 'number_limit'] as const)(
    'fails after %s, and no other gateway is called',
    async (outcome) => {
      const { mobile, send } = await issued()
      const [first, second] = [fakeGateway('first', [outcome]), fakeGateway('second')]
      const answer = `first first-${outcome}`
      expect(await delivery.deliver(send, [first, second])).toEqual({
        outcome: 'failed',
        why: outcome,
        answer,
      })
      expect(second.messages).toEqual([])
      expect(await statusOf(send.rid)).toMatchObject({ status: 'failed', reason: outcome })
      expect(await delivery.codes.issue(mobile, 'default')).toMatchObject({ kind: 'issued' })
    },
  )

  it('waits as long as a busy gateway asks, and then goes to the same gateway', async () => {
    const { send } = await issued()
    const first = fakeGateway('first', [{ class: 'retry_same', code: 'busy', retryAfterMs: 700 }])
    const second = fakeGateway('second')
    const err: unknown = await delivery.deliver(send, [first, second]).catch((reason: unknown) => reason)
    expect(err).toBeInstanceOf(RetryLater)
    expect(err).toMatchObject({ atLeastMs: 700 })
    expect(await delivery.deliver(send, [first, second])).toEqual({ outcome: 'sent', why: 'first' })
    expect(second.messages).toEqual([])
  })

  it('does not wait for a gateway that stays busy or asks for a long wait', async () => {
    const patient = await issued()
    await expect(delivery.deliver(patient.send, [fakeGateway('first', ['retry_same'])])).rejects.toThrow(
      'first',
    )
    await delivery.pass(4)
    const [busy, second] = [fakeGateway('first', ['retry_same']), fakeGateway('second')]
    expect(await delivery.deliver(patient.send, [busy, second])).toEqual({ outcome: 'sent', why: 'second' })
    const { send } = await issued()
    const long = fakeGateway('first', [{ class: 'retry_same', code: 'busy', retryAfterMs: 60_000 }])
    expect(await delivery.deliver(send, [long, fakeGateway('second')])).toEqual({
      outcome: 'sent',
      why: 'second',
    })
  })

  it('fails at once if the quota for the number is full at every gateway', async () => {
    const { send } = await issued()
    const gateways = [skippedGateway('first', ['QUOTA_FULL']), skippedGateway('second', ['QUOTA_FULL'])]
    expect(await delivery.deliver(send, gateways)).toEqual({
      outcome: 'failed',
      why: 'number_limit',
      answer: 'second QUOTA_FULL',
    })
    const other = await issued()
    const one = [skippedGateway('first', ['QUOTA_FULL']), fakeGateway('second')]
    expect(await delivery.deliver(other.send, one)).toEqual({ outcome: 'sent', why: 'second' })
  })

  it('makes no call, no series of calls and no log line of a skipped call, but counts the skip', async () => {
    const { send } = await issued()
    const { log, lines } = readableLog()
    const skipped = skippedGateway('skipped', ['BREAKER_OPEN'])
    const gateways = [skipped, fakeGateway('second')]
    expect(await delivery.deliver(send, gateways, { log })).toEqual({ outcome: 'sent', why: 'second' })
    expect(lines.map(({ msg }) => msg)).toEqual(['sent'])
    const metrics = await delivery.registry.metrics()
    expect(metrics).toContain('sms_gateway_skips_total{gateway="skipped",reason="breaker_open"} 1')
    expect(metrics).not.toMatch(/sms_gateway_calls_total\{[^}]*gateway="skipped"/)
    expect(metrics).not.toMatch(/sms_gateway_calls_total\{[^}]*class="skipped"/)
  })

  it('waits if the rate is exhausted at every gateway, and other workers may claim it meanwhile', async () => {
    const { send } = await issued()
    const gateways = [skippedGateway('first', ['RATE_FULL']), skippedGateway('second', ['RATE_FULL'])]
    const answer = await delivery.deliver(send, gateways)
    expect(answer).toEqual({ outcome: 'waiting', waitMs: expect.any(Number) as unknown })
    expect(await statusOf(send.rid)).toMatchObject({ status: 'queued', reason: '' })
    expect(await delivery.deliver(send, gateways)).toEqual({ outcome: 'sent', why: 'first' })
  })

  it('waits for the rate of a doubted gateway, and no other gateway sends a second message', async () => {
    const { send } = await issued()
    const ccp = fakeGateway('ccp', ['ambiguous'], true)
    const other = fakeGateway('other')
    await delivery.deliver(send, [ccp, other]).catch(() => undefined)
    const full = { ...skippedGateway('ccp', ['RATE_FULL']), recognises: () => true }
    expect(await delivery.deliver(send, [full, other])).toMatchObject({ outcome: 'waiting' })
    ccp.script.push('duplicate')
    expect(await delivery.deliver(send, [ccp, other])).toEqual({ outcome: 'sent', why: 'ccp' })
    expect(other.messages).toEqual([])
  })

  it('is not sent by a gateway that calls a first try a repeat, whatever earlier message it means', async () => {
    const { mobile, send } = await issued()
    const repeat = { class: 'duplicate' as const, code: '160056' }
    const ccp = fakeGateway('ccp', [repeat, repeat, repeat], true)
    const other = fakeGateway('other', ['switch_now'])
    await expect(delivery.deliver(send, [ccp])).rejects.toThrow('no_gateway: ccp 160056')
    expect(await statusOf(send.rid)).toMatchObject({ status: 'queued' })
    await expect(delivery.deliver(send, [ccp, other])).rejects.toThrow('no_gateway: other')
    expect(await delivery.deliver(send, [ccp, other])).toEqual({ outcome: 'sent', why: 'other' })
    // The further send has the same text for the same number.
    await delivery.pass(61)
    const again = sendOf(await delivery.codes.issue(mobile, 'default'))
    ccp.script.push(repeat)
    expect(await delivery.deliver(again, [ccp, other])).toEqual({ outcome: 'sent', why: 'other' })
  })

  it.each<[OutcomeClass, string, string]>([
    ['switch_now', 'warn', 'gateway did not accept the message'],
    ['retry_same', 'warn', 'gateway did not accept the message'],
    ['number', 'warn', 'gateway did not accept the message'],
    ['number_limit', 'warn', 'gateway did not accept the message'],
    ['template', 'error', 'gateway did not accept the message'],
    ['config', 'error', 'gateway did not accept the message'],
    ['duplicate', 'error', 'gateway recognised a message that was not sent before'],
    ['ambiguous', 'warn', 'gateway outcome unknown'],
  ])('logs the answer %s at the level %s, with the channel', async (outcome, level, msg) => {
    const { send } = await issued()
    const { log, lines } = readableLog()
    await delivery.deliver(send, [fakeGateway('first', [outcome])], { log }).catch(() => undefined)
    expect(lines[0]).toMatchObject({ level, msg, channel: 'sms' })
  })

  it('returns to the queue if no gateway accepted it', async () => {
    const { send } = await issued()
    const gateways = [fakeGateway('first', ['switch_now']), fakeGateway('second', ['config'])]
    await expect(delivery.deliver(send, gateways)).rejects.toThrow('no_gateway: second second-config')
    expect(await statusOf(send.rid)).toMatchObject({ status: 'queued' })
    expect(await delivery.deliver(send, gateways)).toEqual({ outcome: 'sent', why: 'first' })
  })

  it('leaves once, even if its job runs 50 times concurrently and once more', async () => {
    const { send } = await issued()
    const gateway = fakeGateway('first')
    // With a long lease, no worker takes the send over on a busy machine.
    const run = () => delivery.deliver(send, [gateway], { leaseMs: 60_000 })
    const answers = await Promise.all(Array.from({ length: 50 }, run))
    expect(gateway.messages).toHaveLength(1)
    expect(answers.filter(({ outcome }) => outcome === 'sent')).toHaveLength(1)
    expect(await delivery.deliver(send, [gateway])).toEqual({ outcome: 'done', why: 'sent' })
  })

  it('does not leave after its time to send is over', async () => {
    const { send } = await issued()
    await delivery.pass(121)
    const gateway = fakeGateway('first')
    const { log, lines } = readableLog()
    expect(await delivery.deliver(send, [gateway], { log })).toEqual({
      outcome: 'failed',
      why: 'late',
      answer: '',
    })
    expect(lines).toMatchObject([{ level: 'warn', msg: 'failed', by: 'late' }])
    expect(gateway.messages).toEqual([])
    expect(await statusOf(send.rid)).toMatchObject({ status: 'failed', reason: 'late' })
  })

  it('is counted as sent once, and no gateway is called, if its code was used', async () => {
    const { mobile, send, code } = await issued()
    await delivery.codes.verify(mobile, 'default', code, send.rid)
    const gateway = fakeGateway('first')
    const { log, lines } = readableLog()
    expect(await delivery.deliver(send, [gateway], { log })).toEqual({ outcome: 'gone', why: 'used' })
    expect(await delivery.deliver(send, [gateway], { log })).toEqual({ outcome: 'done', why: 'sent' })
    expect(lines).toMatchObject([
      { level: 'info', msg: 'sent', by: 'used' },
      { level: 'info', msg: 'nothing to send' },
    ])
    expect(gateway.messages).toEqual([])
    expect(await statusOf(send.rid)).toMatchObject({
      status: 'sent',
      times: [{ state: 'queued' }, { state: 'sent' }],
    })
    expect(await delivery.registry.metrics()).toContain('sms_sends_ended_total{status="sent",by="used"} 1')
  })

  it('fails at once if no key in the key ring opens its message', async () => {
    const { send } = await issued()
    await delivery.redis.hset(recordOf(send.rid), 'sealed', 'k1.forged')
    const gateway = fakeGateway('first')
    expect(await delivery.deliver(send, [gateway])).toEqual({
      outcome: 'failed',
      why: 'unreadable',
      answer: '',
    })
    expect(gateway.messages).toEqual([])
    expect(await statusOf(send.rid)).toMatchObject({ status: 'failed', reason: 'unreadable' })
    const counted = 'sms_sends_ended_total{status="failed",by="unreadable"} 1'
    expect(await delivery.registry.metrics()).toContain(counted)
  })

  it('carries the same code under another message id when the code is sent again', async () => {
    const { mobile, send, code } = await issued()
    const gateway = fakeGateway('first')
    await delivery.deliver(send, [gateway])
    await delivery.pass(61)
    const again = sendOf(await delivery.codes.issue(mobile, 'default'))
    await delivery.deliver(again, [gateway])
    const [one, two] = gateway.messages
    expect([one?.code, two?.code]).toEqual([code, code])
    expect(one?.id).not.toBe(two?.id)
  })
})

/** A gateway that gives no answer once, and answers every look-up with `answer`. */
function gatewayWithLookUp(name: string, answer: Found) {
  const lookUps: SmsMessage[] = []
  const lookUp: LookUp = async (message) => {
    lookUps.push(message)
    return answer
  }
  return { ...fakeGateway(name, ['ambiguous']), lookUp, lookUps }
}

describe('a doubt', () => {
  /** Runs the job until it ends, at most `most` times. */
  const runJob = async (
    send: Parameters<typeof delivery.deliver>[0],
    gateways: SkippingGateway[],
    most: number,
  ) => {
    for (let i = 0; i < most; i++) {
      const answer = await delivery.deliver(send, gateways).catch((err: unknown) => err)
      if (!(answer instanceof RetryLater)) return answer
    }
    return 'still open'
  }

  it('is resolved by a gateway that recognises the repeated message', async () => {
    const { send } = await issued()
    const ccp = fakeGateway('ccp', ['ambiguous', 'ambiguous', 'duplicate'], true)
    const other = fakeGateway('other')
    expect(await runJob(send, [ccp, other], 5)).toEqual({ outcome: 'sent', why: 'ccp' })
    expect(new Set(ccp.messages.map(({ id }) => id)).size).toBe(1)
    expect(other.messages).toEqual([])
  })

  it('is counted by gateway, for an unclear answer and for a worker that died; so is a second message', async () => {
    // The call to `down` risks a second message, but certainly none left.
    const gateways = [
      fakeGateway('died'),
      fakeGateway('down', ['switch_now']),
      fakeGateway('unclear', ['ambiguous']),
    ]
    const { send } = await issued()
    const counts = async () => {
      const text = await delivery.registry.metrics()
      const count = (series: string) => Number(text.split(`${series} `)[1]?.split('\n')[0] ?? 0)
      return [
        ...['died', 'unclear'].map((gateway) => count(`sms_doubts_total{gateway="${gateway}"}`)),
        count('\nsms_second_messages_total'),
      ]
    }
    const [, , before = 0] = await counts()
    await delivery.ledger.claim(send, 'died', { fence: 0, leaseMs: LEASE_MS })
    await delivery.pass(2)
    expect(await runJob(send, gateways, 1)).toBe('still open')
    expect(await counts()).toEqual([1, 1, before + 1])
    expect(await runJob(send, gateways, 1)).toMatchObject({ outcome: 'failed', why: 'ambiguous' })
    expect(await counts()).toEqual([1, 1, before + 1])
  })

  it('keeps the slot taken even if a second doubt was resolved', async () => {
    const { send } = await issued()
    const first = fakeGateway('first', ['ambiguous'])
    const asked = gatewayWithLookUp('asked', { found: 'refused' })
    first.script.push('switch_now', 'switch_now', 'switch_now')
    expect(await runJob(send, [first, asked], 2)).toBe('still open')
    asked.script.push('switch_now', 'switch_now')
    expect(await runJob(send, [first, asked], 1)).toBe('still open')
    await delivery.pass(121)
    expect(await runJob(send, [first, asked], 1)).toEqual({ outcome: 'failed', why: 'late', answer: '' })
    expect(await delivery.slotsOf(send)).toBe(1)
  })

  it('costs at most one second message, with the same code, if no gateway recognises repeats', async () => {
    const { send, code } = await issued()
    const [first, second] = [fakeGateway('first', ['ambiguous']), fakeGateway('second', ['ambiguous'])]
    first.script.push('switch_now')
    const ambiguous = { outcome: 'failed', why: 'ambiguous', answer: '' }
    expect(await runJob(send, [first, second], 10)).toEqual(ambiguous)
    const possiblySent = [...first.messages.slice(0, 1), ...second.messages]
    expect(possiblySent).toHaveLength(2)
    expect(new Set(possiblySent.map((message) => message.code))).toEqual(new Set([code]))
    expect(await statusOf(send.rid)).toMatchObject({ status: 'failed', reason: 'ambiguous' })
  })

  it('about a gateway that is now down lets the second message go through another gateway', async () => {
    const { send } = await issued()
    const ccp = fakeGateway('ccp', ['ambiguous', 'switch_now'], true)
    const other = fakeGateway('other')
    expect(await runJob(send, [ccp, other], 5)).toEqual({ outcome: 'sent', why: 'other' })
    expect(other.messages).toHaveLength(1)
  })

  it('about a gateway that stays silent lets the second message go through another gateway after 5 s', async () => {
    const { send } = await issued()
    const ccp = fakeGateway('ccp', Array<'ambiguous'>(9).fill('ambiguous'), true)
    const other = fakeGateway('other')
    expect(await runJob(send, [ccp, other], 3)).toBe('still open')
    expect(other.messages).toEqual([])
    await delivery.pass(5)
    expect(await runJob(send, [ccp, other], 1)).toEqual({ outcome: 'sent', why: 'other' })
    expect(other.messages).toHaveLength(1)
  })

  it('ends as sent, with the message id of the vendor, if the vendor says that it took the message', async () => {
    const { send } = await issued()
    const asked = gatewayWithLookUp('asked', { found: 'taken', messageId: 'm-1' })
    expect(await runJob(send, [asked, fakeGateway('other')], 3)).toEqual({ outcome: 'sent', why: 'asked' })
    expect(asked.messages).toHaveLength(1)
    expect(asked.lookUps.map(({ id }) => id)).toEqual(asked.messages.map(({ id }) => id))
    expect(await delivery.redis.hget(recordOf(send.rid), 'message_id')).toBe('m-1')
  })

  it('is resolved without the risk of a second message if the vendor says that it refused the message', async () => {
    const { send } = await issued()
    const asked = gatewayWithLookUp('asked', { found: 'refused' })
    asked.script.push('switch_now', 'switch_now')
    const other = fakeGateway('other', ['switch_now'])
    expect(await runJob(send, [asked, other], 2)).toBe('still open')
    expect(await delivery.redis.hmget(recordOf(send.rid), 'doubted_gateway', 'second_send_risked')).toEqual([
      '',
      '0',
    ])
    expect(await runJob(send, [asked, other], 3)).toEqual({ outcome: 'sent', why: 'other' })
  })

  it('costs the one second message if the vendor does not know the message', async () => {
    const { send } = await issued()
    const asked = gatewayWithLookUp('asked', { found: 'unknown' })
    asked.script.push('ambiguous')
    expect(await runJob(send, [asked], 9)).toEqual({ outcome: 'failed', why: 'ambiguous', answer: '' })
    expect(asked.messages).toHaveLength(2)
    expect(asked.lookUps).toHaveLength(2)
  })

  it('is not looked up at a vendor that an operator has switched off, and another gateway sends the message', async () => {
    const { send } = await issued()
    const asked = gatewayWithLookUp('asked', { found: 'taken' })
    const other = fakeGateway('other')
    expect(await runJob(send, [asked, other], 1)).toBe('still open')
    const off = withSwitch(asked, { isOff: () => true })
    expect(await runJob(send, [off, other], 1)).toEqual({ outcome: 'sent', why: 'other' })
    expect([asked.messages.length, asked.lookUps]).toEqual([1, []])
  })

  it('is looked up at the vendor only after a wait', async () => {
    const { send } = await issued()
    const asked = gatewayWithLookUp('asked', { found: 'taken' })
    const err: unknown = await delivery.deliver(send, [asked]).catch((reason: unknown) => reason)
    expect(err).toMatchObject({ name: 'RetryLater', atLeastMs: 2_500 })
  })

  it('is looked up from the time of the doubted call, also after a second call', async () => {
    const { send } = await issued()
    const since: number[] = []
    const lookUp: LookUp = async (_message, from) => {
      since.push(from.getTime())
      return { found: 'unknown' }
    }
    const asked = { ...fakeGateway('asked', ['ambiguous', 'ambiguous']), lookUp }
    for (let run = 0; run < 3; run++) {
      await runJob(send, [asked], 1)
      await delivery.pass(3)
    }
    const [first = 0, second] = since
    expect(asked.messages).toHaveLength(2)
    expect(second).toBe(first - 3_000)
  })

  it('is left by a worker that died during a call', async () => {
    const { send } = await issued()
    await delivery.ledger.claim(send, 'ccp', { fence: 0, leaseMs: 30_000 })
    const [ccp, other] = [fakeGateway('ccp', ['duplicate'], true), fakeGateway('other')]
    expect(await delivery.deliver(send, [other, ccp])).toMatchObject({ outcome: 'waiting' })
    await delivery.pass(31)
    expect(await delivery.deliver(send, [other, ccp])).toEqual({ outcome: 'sent', why: 'ccp' })
    expect(other.messages).toEqual([])
  })

  it('never lets a third message leave, even if the worker dies during the second call', async () => {
    const { send } = await issued()
    const first = fakeGateway('first', ['ambiguous'])
    await delivery.deliver(send, [first]).catch(() => undefined)
    // The worker of the second message dies during its call.
    await new Promise<void>((onCall) => {
      const silent: SmsGateway = { ...first, send: () => new Promise(() => onCall()) }
      void delivery.deliver(send, [silent])
    })
    await delivery.pass(2)
    expect(await runJob(send, [first], 5)).toEqual({ outcome: 'failed', why: 'ambiguous', answer: '' })
    expect(first.messages).toHaveLength(1)
  })
})

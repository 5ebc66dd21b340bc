import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Found, LookUp, SmsMessage } from '@sms-codes/gateways/gateway'
import { RetryLater } from '../../src/delivery/settle-send.ts'
import type { ListedGateway } from '../../src/gateways/listed-gateway.ts'
import { aMobile, fakeGateway, sendOf, startDelivery } from '../worker.ts'

let delivery: Awaited<ReturnType<typeof startDelivery>>
beforeAll(async () => {
  delivery = await startDelivery()
})
afterAll(() => delivery.stop())

async function issued(mobile = aMobile()) {
  const answer = await delivery.codes.issue(mobile, 'default')
  return { mobile, send: sendOf(answer), code: await delivery.codeOf(answer) }
}
const recordOf = (rid: string) => `sms:{${rid.slice(0, 22)}}:code:default`
const found = (rid: string) => delivery.codes.find(rid, ['default'])

describe('a send', () => {
  it('goes to the first gateway with number, code, minutes and an id of its own', async () => {
    const { mobile, send, code } = await issued()
    const [first, second] = [fakeGateway('first'), fakeGateway('second')]
    expect(await delivery.deliver(send, [first, second])).toEqual({ outcome: 'sent', why: 'first' })
    expect(first.messages).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f]{32}$/) as unknown,
        mobile,
        code,
        minutes: 5,
        secondsLeft: expect.any(Number) as unknown,
        scene: 'default',
      },
    ])
    expect(second.messages).toEqual([])
    expect(await found(send.rid)).toMatchObject({ status: 'sent' })
  })

  it('says the minutes that are really left', async () => {
    const { send } = await issued()
    await delivery.pass(100)
    const gateway = fakeGateway('first')
    await delivery.deliver(send, [gateway])
    expect(gateway.messages[0]?.minutes).toBe(3)
  })

  it.each(['switch_now', 'template', 'config'] as const)(
    'goes to the next gateway at once after %s',
    async (outcome) => {
      const { send } = await issued()
      const [first, second] = [fakeGateway('first', [outcome]), fakeGateway('second')]
      expect(await delivery.deliver(send, [first, second])).toEqual({ outcome: 'sent', why: 'second' })
      const told = ({ id, mobile, code }: SmsMessage) => ({ id, mobile, code })
      expect(second.messages.map(told)).toEqual(first.messages.map(told))
    },
  )

  it.each(['number', 'number_limit'] as const)(
    'ends after %s, and no other gateway is tried',
    async (outcome) => {
      const { mobile, send } = await issued()
      const [first, second] = [fakeGateway('first', [outcome]), fakeGateway('second')]
      expect(await delivery.deliver(send, [first, second])).toEqual({ outcome: 'failed', why: outcome })
      expect(second.messages).toEqual([])
      expect(await found(send.rid)).toMatchObject({ status: 'failed', reason: outcome })
      expect(await delivery.codes.issue(mobile, 'default')).toMatchObject({ kind: 'issued' })
    },
  )

  it('waits as long as the gateway asks after retry_same, and then asks the same one', async () => {
    const { send } = await issued()
    const first = fakeGateway('first', [{ class: 'retry_same', code: 'busy', retryAfterMs: 700 }])
    const second = fakeGateway('second')
    const err: unknown = await delivery.deliver(send, [first, second]).catch((reason: unknown) => reason)
    expect(err).toBeInstanceOf(RetryLater)
    expect(err).toMatchObject({ atLeastMs: 700 })
    expect(await delivery.deliver(send, [first, second])).toEqual({ outcome: 'sent', why: 'first' })
    expect(second.messages).toEqual([])
  })

  it('does not wait for a gateway that stays busy, or asks for more than a moment', async () => {
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

  it('fails at once when every gateway has had enough of the number for now', async () => {
    const full = { class: 'switch_now' as const, code: 'QUOTA_FULL' }
    const { send } = await issued()
    const gateways = [fakeGateway('first', [full]), fakeGateway('second', [full])]
    expect(await delivery.deliver(send, gateways)).toEqual({ outcome: 'failed', why: 'number_limit' })
    const other = await issued()
    const one = [fakeGateway('first', [full]), fakeGateway('second')]
    expect(await delivery.deliver(other.send, one)).toEqual({ outcome: 'sent', why: 'second' })
  })

  it('is tried again later when no gateway accepted it', async () => {
    const { send } = await issued()
    const gateways = [fakeGateway('first', ['switch_now']), fakeGateway('second', ['config'])]
    await expect(delivery.deliver(send, gateways)).rejects.toThrow(
      'no gateway accepted it, last second second-config',
    )
    expect(await found(send.rid)).toMatchObject({ status: 'queued' })
    expect(await delivery.deliver(send, gateways)).toEqual({ outcome: 'sent', why: 'first' })
  })

  it('leaves once, however often and however concurrently its job runs', async () => {
    const { send } = await issued()
    const gateway = fakeGateway('first')
    const answers = await Promise.all(Array.from({ length: 50 }, () => delivery.deliver(send, [gateway])))
    expect(gateway.messages).toHaveLength(1)
    expect(answers.filter(({ outcome }) => outcome === 'sent')).toHaveLength(1)
    expect(await delivery.deliver(send, [gateway])).toEqual({ outcome: 'done', why: 'sent' })
  })

  it('does not leave when it is too late', async () => {
    const { send } = await issued()
    await delivery.pass(121)
    const gateway = fakeGateway('first')
    expect(await delivery.deliver(send, [gateway])).toEqual({ outcome: 'gone', why: 'late' })
    expect(gateway.messages).toEqual([])
    expect(await found(send.rid)).toMatchObject({ status: 'failed', reason: 'late' })
  })

  it('that no key opens fails at once and is reported', async () => {
    const { send } = await issued()
    await delivery.redis.hset(`sms:{${send.rid.slice(0, 22)}}:code:default`, 'sealed', 'k1.forged')
    const gateway = fakeGateway('first')
    expect(await delivery.deliver(send, [gateway])).toEqual({ outcome: 'failed', why: 'unreadable' })
    expect(gateway.messages).toEqual([])
    expect(await found(send.rid)).toMatchObject({ status: 'failed', reason: 'unreadable' })
  })

  it('gets the same code again on a re-send, under another id', async () => {
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

/** A gateway that is silent once and can be asked for the message. */
function lookedUp(name: string, answer: Found) {
  const asked: SmsMessage[] = []
  const lookUp: LookUp = async (message) => {
    asked.push(message)
    return answer
  }
  return { ...fakeGateway(name, ['ambiguous']), lookUp, asked }
}

describe('a doubt', () => {
  const tries = async (
    send: Parameters<typeof delivery.deliver>[0],
    gateways: ListedGateway[],
    most: number,
  ) => {
    for (let i = 0; i < most; i++) {
      const answer = await delivery.deliver(send, gateways).catch((err: unknown) => err)
      if (!(answer instanceof RetryLater)) return answer
    }
    return 'still open'
  }

  it('is resolved by the gateway itself when that recognises the message', async () => {
    const { send } = await issued()
    const ccp = fakeGateway('ccp', ['ambiguous', 'ambiguous', 'duplicate'], true)
    const other = fakeGateway('other')
    expect(await tries(send, [other, ccp].toReversed(), 5)).toEqual({ outcome: 'sent', why: 'ccp' })
    expect(new Set(ccp.messages.map(({ id }) => id)).size).toBe(1)
    expect(other.messages).toEqual([])
  })

  it('keeps the slot although a second doubt was cleared', async () => {
    const { mobile, send } = await issued()
    const first = fakeGateway('first', ['ambiguous'])
    const asked = lookedUp('asked', { found: 'refused' })
    first.script.push('switch_now', 'switch_now', 'switch_now')
    expect(await tries(send, [first, asked], 2)).toBe('still open')
    asked.script.push('switch_now', 'switch_now')
    expect(await tries(send, [first, asked], 1)).toBe('still open')
    await delivery.pass(121)
    expect(await tries(send, [first, asked], 1)).toEqual({ outcome: 'gone', why: 'late' })
    expect(await delivery.redis.zcard(`sms:{${send.rid.slice(0, 22)}}:sends`)).toBe(1)
    expect(mobile).toHaveLength(11)
  })

  it('costs at most one more message, with the same code, where no gateway recognises it', async () => {
    const { send, code } = await issued()
    const [first, second] = [fakeGateway('first', ['ambiguous']), fakeGateway('second', ['ambiguous'])]
    first.script.push('switch_now')
    expect(await tries(send, [first, second], 10)).toEqual({ outcome: 'failed', why: 'ambiguous' })
    const uncertain = [...first.messages.slice(0, 1), ...second.messages]
    expect(uncertain).toHaveLength(2)
    expect(new Set(uncertain.map((message) => message.code))).toEqual(new Set([code]))
    expect(await found(send.rid)).toMatchObject({ status: 'failed', reason: 'ambiguous' })
  })

  it('about a gateway that is now away lets the one more message take another way', async () => {
    const { send } = await issued()
    const ccp = fakeGateway('ccp', ['ambiguous', 'switch_now'], true)
    const other = fakeGateway('other')
    expect(await tries(send, [ccp, other], 5)).toEqual({ outcome: 'sent', why: 'other' })
    expect(other.messages).toHaveLength(1)
  })

  it('about a gateway that stays silent lets the one more message take another way after a while', async () => {
    const { send } = await issued()
    const ccp = fakeGateway('ccp', Array<'ambiguous'>(9).fill('ambiguous'), true)
    const other = fakeGateway('other')
    expect(await tries(send, [ccp, other], 3)).toBe('still open')
    expect(other.messages).toEqual([])
    await delivery.pass(5)
    expect(await tries(send, [ccp, other], 1)).toEqual({ outcome: 'sent', why: 'other' })
    expect(other.messages).toHaveLength(1)
  })

  it('ends where the vendor says that it took the message, under its id', async () => {
    const { send } = await issued()
    const asked = lookedUp('asked', { found: 'taken', messageId: 'm-1' })
    expect(await tries(send, [asked, fakeGateway('other')], 3)).toEqual({ outcome: 'sent', why: 'asked' })
    expect(asked.messages).toHaveLength(1)
    expect(asked.asked.map(({ id }) => id)).toEqual(asked.messages.map(({ id }) => id))
    expect(await delivery.redis.hget(recordOf(send.rid), 'message_id')).toBe('m-1')
  })

  it('is over where the vendor says that it refused the message, and nothing was risked', async () => {
    const { send } = await issued()
    const asked = lookedUp('asked', { found: 'refused' })
    asked.script.push('switch_now', 'switch_now')
    const other = fakeGateway('other', ['switch_now'])
    expect(await tries(send, [asked, other], 2)).toBe('still open')
    expect(await delivery.redis.hmget(recordOf(send.rid), 'doubted_gateway', 'second_send_risked')).toEqual([
      '',
      '0',
    ])
    expect(await tries(send, [asked, other], 3)).toEqual({ outcome: 'sent', why: 'other' })
  })

  it('that the vendor knows nothing about costs the one more message', async () => {
    const { send } = await issued()
    const asked = lookedUp('asked', { found: 'unknown' })
    asked.script.push('ambiguous')
    expect(await tries(send, [asked], 9)).toEqual({ outcome: 'failed', why: 'ambiguous' })
    expect(asked.messages).toHaveLength(2)
    expect(asked.asked).toHaveLength(2)
  })

  it('waits before it asks the vendor', async () => {
    const { send } = await issued()
    const asked = lookedUp('asked', { found: 'taken' })
    const err: unknown = await delivery.deliver(send, [asked]).catch((reason: unknown) => reason)
    expect(err).toMatchObject({ name: 'RetryLater', atLeastMs: 2_500 })
  })

  it('is what a worker leaves behind that vanished in the middle of a call', async () => {
    const { send } = await issued()
    await delivery.ledger.claim(send, 'ccp', { fence: 0, leaseMs: 1_000 })
    const [ccp, other] = [fakeGateway('ccp', ['duplicate'], true), fakeGateway('other')]
    expect(await delivery.deliver(send, [other, ccp])).toMatchObject({ outcome: 'busy' })
    await delivery.pass(2)
    expect(await delivery.deliver(send, [other, ccp])).toEqual({ outcome: 'sent', why: 'ccp' })
    expect(other.messages).toEqual([])
  })

  it('never lets a third message leave, whatever happens in between', async () => {
    const { send } = await issued()
    const first = fakeGateway('first', ['ambiguous'])
    await delivery.deliver(send, [first]).catch(() => undefined)
    // The second message's worker vanishes in its call.
    await new Promise<void>((called) => {
      const endless: ListedGateway = { ...first, send: () => new Promise(() => called()) }
      void delivery.deliver(send, [endless])
    })
    await delivery.pass(2)
    expect(await tries(send, [first], 5)).toEqual({ outcome: 'failed', why: 'ambiguous' })
    expect(first.messages).toHaveLength(1)
  })
})

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { phoneOf } from '@sms-codes/core/codes/send'
import { readLastAnswers, readTraffic } from '@sms-codes/core/history/traffic'
import { keys } from '@sms-codes/core/redis/keys'
import { fakeGateway, skippedGateway } from '../worker.ts'
import { startBothChannels } from './both-channels.ts'

let both: Awaited<ReturnType<typeof startBothChannels>>
beforeAll(async () => {
  both = await startBothChannels()
})
beforeEach(async () => {
  await both.delivery.traffic.flush()
  await both.delivery.redis.flushall()
})
afterAll(() => both.stop())

/** The counts of this test, as `<what> <scene> <by> <count>`. */
async function counts(): Promise<string[]> {
  await both.delivery.traffic.flush()
  const all = await readTraffic(both.delivery.redis, 5)
  return all.map(({ what, scene, by, count }) => `${what} ${scene} ${by} ${count}`).toSorted()
}
async function answers(): Promise<string[]> {
  await both.delivery.traffic.flush()
  const all = await readLastAnswers(both.delivery.redis)
  return all.map(({ gateway, class: cls, code }) => `${gateway} ${cls} ${code}`).toSorted()
}

describe('the worker counts', () => {
  it('a sent send once, with its scene and its gateway, although the job runs again', async () => {
    const { send } = await both.issued()
    for (let run = 0; run < 3; run += 1) await both.sms(send, [fakeGateway('first')])
    const other = await both.issued({ scene: 'default' })
    await both.sms(other.send, [fakeGateway('first', ['switch_now']), fakeGateway('second')])
    expect(await counts()).toEqual(['sent default second 1', 'sent login first 1'])
  })

  it('no end that was not written, because another worker had the send meanwhile', async () => {
    const { send } = await both.issued({ scene: 'default' })
    const slow = fakeGateway('first', ['number'])
    const overtaken = {
      ...slow,
      send: async (...call: Parameters<typeof slow.send>) => {
        await both.delivery.redis.hset(keys.code(phoneOf(send.rid), 'default'), 'lease_until', 0)
        await both.sms(send, [fakeGateway('second')])
        return slow.send(...call)
      },
    }
    await both.sms(send, [overtaken])
    expect(await counts()).toEqual(['sent default second 1'])
  })

  it('a send whose code was used before as sent, without a gateway', async () => {
    const { mobile, send, code } = await both.issued({ scene: 'default' })
    await both.delivery.codes.verify(mobile, 'default', code, send.rid)
    await both.sms(send, [fakeGateway('first')])
    expect(await counts()).toEqual(['sent default  1'])
  })

  it('a failed send with its reason', async () => {
    const refused = await both.issued({ scene: 'default' })
    await both.sms(refused.send, [fakeGateway('first', ['number'])])
    const late = await both.issued({ scene: 'default' })
    await both.delivery.pass(121)
    await both.sms(late.send, [fakeGateway('first')])
    expect(await counts()).toEqual(['failed default late 1', 'failed default number 1'])
  })

  it('a send that moves to e-mail only when its mail was sent', async () => {
    const { send } = await both.issued()
    await both.sms(send, [fakeGateway('first', ['number'])])
    expect(await counts()).toEqual([])
    await both.email(send)
    expect(await counts()).toEqual(['fell_back login email 1'])
  })

  it('a delivery or its failure, when the delivery receipt came before the send was recorded', async () => {
    for (const state of ['delivered', 'undelivered'] as const) {
      const { send } = await both.issued({ scene: 'default' })
      const gateway = fakeGateway('first', [{ class: 'accepted', code: '0', messageId: state }])
      await both.receipts.park('first', state, state)
      await both.sms(send, [gateway])
    }
    expect(await counts()).toEqual([
      'delivered default first 1',
      'failed default undelivered 1',
      'sent default first 2',
    ])
  })

  it('the last acceptance and the last refusal of each gateway, but no skipped call', async () => {
    const refused = await both.issued()
    await both.sms(refused.send, [fakeGateway('first', ['config']), fakeGateway('second')])
    const sent = await both.issued()
    await both.sms(sent.send, [skippedGateway('third', ['BREAKER_OPEN']), fakeGateway('first')])
    expect(await answers()).toEqual([
      'first accepted first-accepted',
      'first config first-config',
      'second accepted second-accepted',
    ])
  })

  it('the answer that a repeat was taken before as an acceptance, and that a first try is a repeat as a refusal', async () => {
    const repeated = await both.issued({ scene: 'default' })
    const first = fakeGateway('first', ['ambiguous', 'duplicate'], true)
    await both.sms(repeated.send, [first]).catch(() => undefined)
    expect(await both.sms(repeated.send, [first])).toEqual({ outcome: 'sent', why: 'first' })
    const other = await both.issued({ scene: 'default' })
    await both.sms(other.send, [fakeGateway('second', ['duplicate']), fakeGateway('third')])
    expect(await answers()).toEqual([
      'first accepted first-duplicate',
      'first ambiguous first-ambiguous',
      'second duplicate second-duplicate',
      'third accepted third-accepted',
    ])
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { phoneOf } from '@sms-codes/core/codes/send'
import { startBoard, type Board } from '../board.ts'
import { startBoardOn, startSends, textOf, type Sends } from './sends.ts'

let board: Board
let sends: Sends
beforeAll(async () => {
  board = await startBoard()
  sends = await startSends(board.server.url)
})
afterAll(async () => {
  sends.stop()
  await board.close()
})

const BUSY = { gateway: 'ccp', class: 'retry_same', code: '160016' }
const TAKEN = { gateway: 'aliyun', class: 'accepted', code: 'OK' }
const pageOf = async (path: string) => (await board.ask({ url: `/messages/${path}` })).body

describe('the page of a request', () => {
  it('shows what happened in words, each call and each status', async () => {
    const { send, requestId } = await sends.issue('+8613800138010')
    await sends.call(send, BUSY, { status: 'queued' })
    await sends.call(send, BUSY, { status: 'queued' })
    await sends.call(send, TAKEN, { status: 'sent' })
    await sends.ledger.report(send, 'undelivered', false, 'MK:0001')
    const text = textOf(await pageOf(`requests/${requestId}?lang=en`))
    expect(text).toContain('aliyun (MK:0001) accepted the message, and its delivery receipt says that')
    expect(text).toContain("Cause the user's number What to do The phone is off")
    expect(text).toMatch(/busy, try later ccp SMS 160016 321 ms × 2 .* accepted aliyun SMS OK 321 ms/)
    expect(text).toMatch(/accepted by the gateway .* MK:0001/)
    const zh = textOf(await pageOf(`requests/${requestId}?lang=zh`))
    expect(zh).toContain('aliyun (MK:0001) 已接受短信，但回执说手机没有收到。')
    expect(zh).toContain('问题在 用户的号码')
  })

  it('is found by the id of the request, and by the id and the number of the send', async () => {
    const first = await sends.issue('+8613800138011')
    const second = await sends.issue('+8613800138011')
    expect([second.send.rid, second.send.n]).toEqual([first.send.rid, 2])
    await sends.call(second.send, TAKEN, { status: 'sent' })
    const idOf = async (id: string) =>
      /<p class="id"><code>(.*?)<\/code>/.exec(await pageOf(`requests/${id}`))?.[1]
    expect(await idOf(first.requestId)).toBe(first.requestId)
    expect(await idOf(`${first.send.rid}.1`)).toBe(first.requestId)
    expect(await idOf(`${second.send.rid}.2`)).toBe(second.requestId)
    expect(await idOf(second.requestId)).toBe(second.requestId)
  })

  it.each([
    ['of another phone', `${'a'.repeat(22)}.${'b'.repeat(22)}`],
    ['that is no id', '13912345678'],
    ['that is markup', encodeURIComponent('<script>')],
  ])('is a page with status 404 for an id %s, which it does not repeat', async (_, id) => {
    const reply = await board.ask({ url: `/messages/requests/${id}?lang=en` })
    expect([reply.statusCode, reply.headers['content-type']]).toEqual([404, 'text/html; charset=utf-8'])
    expect(textOf(reply.body)).toContain('No such request It is older than the history')
    expect(reply.body).not.toContain(decodeURIComponent(id))
  })

  it('says that there is no history when it is off', async () => {
    const off = await startBoardOn(board.server, { historyHours: 0 })
    const reply = await off.ask({ url: `/messages/requests/${'a'.repeat(22)}.${'b'.repeat(22)}?lang=en` })
    expect([reply.statusCode, textOf(reply.body).includes('The history is off')]).toEqual([404, true])
    await off.close()
  })
})

describe('the page of a phone', () => {
  it('lists its newest requests with their outcomes and calls, and leads to each', async () => {
    const mobile = '+8613800138012'
    const { send, requestId } = await sends.issue(mobile)
    const limit = { gateway: 'ccp', class: 'number_limit', code: '160038' }
    await sends.call(send, limit, { status: 'failed', reason: 'number_limit' })
    await sends.refuse(mobile, 'login', 'limit_segment')
    await sends.refuse(mobile, 'login', 'limit_segment')
    const ph = phoneOf(send.rid)
    const page = await pageOf(`phones/${ph}?lang=en`)
    expect(textOf(page)).toMatch(
      /request refused: limit of the number segment login refused × 2 .* failed: limit of the number login ccp 160038 …/,
    )
    expect(page).toContain(`href="/messages/requests/${requestId}?lang=en"`)
    expect(page).toContain(`<code>${ph}</code>`)
  })

  it('says so if nothing is known of the phone, and is a page with status 404 for another text', async () => {
    const none = await board.ask({ url: `/messages/phones/${'c'.repeat(22)}?lang=en` })
    expect([none.statusCode, textOf(none.body).includes('No request of this phone is known.')]).toEqual([
      200,
      true,
    ])
    expect((await board.ask({ url: '/messages/phones/13912345678' })).statusCode).toBe(404)
  })
})

describe('a number and a code in the history, by a bug', () => {
  it('are in no page', async () => {
    const [mobile, code, long] = ['13912345678', '987654', '9876543210']
    const leak = `${mobile} ${code}`
    await sends.traffic(0, (traffic) => {
      traffic.count('accepted', `x${code}x`, '')
      traffic.count('sent', mobile, code)
      traffic.count('failed', code, mobile)
      traffic.answered(mobile, code, long)
    })
    const { send, requestId } = await sends.issue('+8613800138013', mobile)
    sends.failures(send, { channel: 'sms', reason: mobile, gateway: code, code: mobile })
    await sends.call(send, { gateway: mobile, class: code, code: long }, { status: 'failed', reason: mobile })
    const beat = {
      id: leak,
      app: 'api',
      host: leak,
      pid: 1,
      version: leak,
      startedAt: 1,
      seenAt: Date.now() + 60_000,
    }
    await sends.redis.hset(
      'sms:{gate}:processes',
      leak,
      JSON.stringify({ ...beat, gateways: [leak], policy: {}, keys: {} }),
    )
    for (const path of ['', `/requests/${requestId}`, `/phones/${phoneOf(requestId)}`])
      for (const lang of ['zh', 'en']) {
        const reply = await board.ask({ url: `/messages${path}?lang=${lang}` })
        expect(reply.statusCode).toBe(200)
        expect(reply.body).toContain('****')
        for (const secret of [mobile, code, long]) expect(reply.body).not.toContain(secret)
      }
  })
})

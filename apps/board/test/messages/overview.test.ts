import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createCounters } from '@sms-codes/core/limits/counters'
import { switchOff } from '@sms-codes/core/limits/gateways-off'
import { keys } from '@sms-codes/core/redis/keys'
import { startBoard, type Board } from '../board.ts'
import { rowOf, startBoardOn, startSends, textOf, type Sends } from './sends.ts'

const BUDGET = [{ most: 10, seconds: 3_600 }]

let board: Board
let sends: Sends
beforeAll(async () => {
  board = await startBoard({ messages: { budget: BUDGET } })
  sends = await startSends(board.server.url)
})
afterEach(() => sends.redis.flushall())
afterAll(async () => {
  sends.stop()
  await board.close()
})

const pageOf = async (query = '') => {
  const reply = await board.ask({ url: `/messages?lang=en${query}` })
  expect(reply.statusCode).toBe(200)
  return reply.body
}
/** The state of the service, in the words at the top of the page. */
const stateOf = async () => textOf(/<(?:p|ul) class="state.*?<\/(?:p|ul)>/s.exec(await pageOf())?.[0] ?? '')
const runs = (app: string, more: object = {}) =>
  sends.redis.hset(
    keys.processes,
    JSON.stringify(more) + app,
    JSON.stringify({
      id: app,
      app,
      host: 'host-1',
      pid: 42,
      version: '1.2.3',
      startedAt: Date.now() - 7_500_000,
      seenAt: Date.now() + 60_000,
      gateways: [],
      policy: { limits: 'a' },
      keys: {},
      ...more,
    }),
  )

describe('the overview', () => {
  it('says that there is nothing to show before the first message', async () => {
    const text = textOf(await pageOf())
    expect(text).toContain('No messages in this period.')
    expect(text).toContain('No message failed in this period.')
    expect(text).toContain('No process is seen.')
    expect(text).toContain('Accepted 0 Sent 0 – of accepted')
  })

  it.each([
    ['5m', '2'],
    ['1h', '3'],
    ['24h', '4'],
    ['', '3'],
    ['never', '3'],
  ])('counts the sends of the period %j', async (period, accepted) => {
    for (const [minutesAgo, count] of [
      [0, 2],
      [30, 1],
      [600, 1],
      [1_500, 1],
    ] as const)
      await sends.traffic(minutesAgo, (traffic) => {
        for (let i = 0; i < count; i += 1) traffic.count('accepted', 'login', '')
      })
    const page = await pageOf(period === '' ? '' : `&period=${period}`)
    expect(rowOf(page, 'login')[1]).toBe(accepted)
  })

  it('shows each scene and each gateway with its shares, and mails as sent, but not in the delivery rate', async () => {
    await sends.traffic(0, (traffic) => {
      for (let i = 0; i < 4; i += 1) traffic.count('accepted', 'login', '')
      for (let i = 0; i < 2; i += 1) traffic.count('sent', 'login', 'ccp')
      traffic.count('fell_back', 'login', 'email')
      traffic.count('delivered', 'login', 'ccp')
      traffic.count('verified', 'login', 'ccp')
      traffic.count('failed', 'login', 'number')
      traffic.count('accepted', 'register', '')
      traffic.answered('twilio', 'config', '20003')
      traffic.answered('ccp', 'accepted', '000000')
    })
    const page = await pageOf('&period=5m')
    expect(rowOf(page, 'login')).toEqual(['login', '4', '3', '1', '1', '1', '50.0 %', '33.3 %'])
    expect(rowOf(page, 'register')).toEqual(['register', '1', '0', '0', '0', '0', '–', '–'])
    expect(rowOf(page, 'ccp')).toEqual(['ccp', '2', '1', '1', '50.0 %', '50.0 %', '–'])
    expect(rowOf(page, 'email')).toEqual(['email', '1', '0', '0', '–', '0 %', '–'])
    expect(rowOf(page, 'twilio').at(-1)).toMatch(/^refuses account or request 20003 .* ago$/)
    expect(rowOf(page, 'number refused')).toEqual(['number refused', '1', '100 %'])
    expect(textOf(page)).toContain('Sent 3 60.0 % of accepted')
    expect(textOf(page)).toContain('Delivered 1 50.0 % of sent SMS')
  })

  it('shows what is left of each budget', async () => {
    const counters = createCounters(sends.redis)
    for (let i = 0; i < 3; i += 1) await counters.take([{ key: keys.budget, windows: BUDGET }])
    expect(textOf(await pageOf())).toContain('7 of 10 left in 1 h 70.0 %')
  })

  it('names paused queues, gateways that are off, missing processes and other policies, and else says that all is well', async () => {
    expect(await stateOf()).toContain('No running process of worker is seen.')
    await runs('api')
    await runs('worker', { gateways: ['ccp'] })
    expect(await stateOf()).toContain('All is well')
    await runs('worker', { policy: { limits: 'b' }, gateways: ['ccp'], host: 'host-2' })
    expect(await stateOf()).toContain('The processes differ in policy or keys')
    expect(textOf(await pageOf())).toContain('host-2 42 1.2.3 2 h 5 min ccp differ: limits')
    await switchOff(sends.redis, 'twilio', 60)
    expect(await stateOf()).toContain('Switched off by an operator: twilio.')
    await sends.redis.hset('{sms}:sms:meta', 'paused', '1')
    expect(await stateOf()).toContain('Paused: sms.')
  })

  it('does not say that all is well while the budget is used up or a gateway refuses our account', async () => {
    await runs('api')
    await runs('worker')
    const answer = (gateway: string, cls: string, code: string, minutesAgo = 0) =>
      sends.traffic(minutesAgo, (traffic) => traffic.answered(gateway, cls, code))
    await answer('aliyun', 'config', '160014', 1)
    await answer('aliyun', 'accepted', '000000')
    await answer('twilio', 'number', '21211')
    expect(await stateOf()).toContain('All is well')
    await answer('ccp', 'config', '160014')
    const refusal = 'The newest answer of ccp: refuses account or request (160014).'
    expect(await stateOf()).toContain(refusal)
    expect(await stateOf()).not.toMatch(/aliyun|twilio|budget/)
    await switchOff(sends.redis, 'ccp', 60)
    expect(await stateOf()).not.toContain(refusal)
    const counters = createCounters(sends.redis)
    for (let i = 0; i < 10; i += 1) await counters.take([{ key: keys.budget, windows: BUDGET }])
    expect(await stateOf()).toContain('A budget is used up, so the API refuses new requests.')
    expect(await pageOf()).toContain('class="state bad"')
  })

  it('lists the newest failures with reason and code, and leads to their requests', async () => {
    const { send } = await sends.issue('+8613800138001')
    await sends.call(
      send,
      { gateway: 'ccp', class: 'number', code: '160042' },
      { status: 'failed', reason: 'number' },
    )
    const page = await pageOf()
    const row = /<time [^>]*>.*?number refused.*?<\/tr>/s.exec(page)?.[0] ?? ''
    expect(textOf(row)).toContain('number refused ccp 160042 login SMS Show')
    const [, href = ''] = /href="([^"]*requests[^"]*)"/.exec(row) ?? []
    expect((await board.ask({ url: href })).body).toContain('ccp (160042) refuses this number.')
  })

  it('says that failures are not kept when the history is off', async () => {
    const off = await startBoardOn(board.server, { historyHours: 0 })
    expect(textOf((await off.ask({ url: '/messages?lang=en' })).body)).toContain('The history is off')
    await off.close()
  })
})

describe('a page about messages', () => {
  it('has no script and no style of its own, and the browser loads only the style sheet', async () => {
    const reply = await board.ask({ url: '/messages' })
    expect(reply.body).not.toMatch(/<script|<style|\sstyle=|\son[a-z]+=|javascript:/i)
    expect(reply.headers['content-security-policy']).toBe(
      "default-src 'none';style-src 'self';form-action 'self';frame-ancestors 'none';base-uri 'none'",
    )
    expect(reply.headers['cache-control']).toBe('no-store')
    const [, sheet = ''] = /<link rel="stylesheet" href="([^"]+)"/.exec(reply.body) ?? []
    const style = await board.ask({ url: sheet })
    expect([style.statusCode, style.headers['content-type']]).toEqual([200, 'text/css; charset=utf-8'])
    expect(style.body).toContain('prefers-color-scheme: dark')
  })

  it('allows forms only on these pages', async () => {
    const { headers } = await board.ask({ url: '/' })
    expect(headers['content-security-policy']).toContain("form-action 'none'")
  })

  it.each([
    ['zh-CN,en;q=0.5', '', 'zh-CN'],
    ['en-GB,zh;q=0.5', '', 'en'],
    ['fr', '', 'zh-CN'],
    ['zh-CN', '?lang=en', 'en'],
    ['en', '?lang=zh', 'zh-CN'],
    ['en', '?lang=fr', 'en'],
  ])(
    'is in the language of the browser (%s) unless the operator chose one (%s): %s',
    async (accept, query, lang) => {
      const reply = await board.ask({ url: `/messages${query}`, headers: { 'accept-language': accept } })
      expect(reply.body).toContain(`<html lang="${lang}">`)
    },
  )

  it('keeps the chosen language in its links, and the period in the link to the other language', async () => {
    const chosen = (await board.ask({ url: '/messages?lang=en&period=24h' })).body
    const links = [...chosen.matchAll(/(?:href|action)="(\/messages[^"]*)"/g)].map(([, to = '']) =>
      textOf(to),
    )
    expect(links).toContain('/messages?period=24h&lang=zh')
    const pages = links.filter((to) => !to.endsWith('.css') && !to.endsWith('lang=zh'))
    expect(pages.length).toBeGreaterThan(3)
    for (const to of pages) expect(to).toMatch(/[?&]lang=en$/)
    const unchosen = (await board.ask({ url: '/messages', headers: { 'accept-language': 'en' } })).body
    expect(unchosen).toContain('href="/messages?period=5m"')
  })

  it('shows a hostile scene, gateway, reason and code as text', async () => {
    const hostile = `<img/src=x/onerror=alert(1)>"'`
    await sends.traffic(0, (traffic) => {
      traffic.count('accepted', hostile, '')
      traffic.count('sent', hostile, hostile)
      traffic.count('failed', hostile, hostile)
      traffic.answered(hostile, hostile, hostile)
    })
    const { send } = await sends.issue('+8613800138002', hostile)
    sends.failures(send, { channel: 'sms', reason: hostile, gateway: hostile, code: hostile })
    await runs('worker', { host: hostile, version: hostile, gateways: [hostile], policy: { [hostile]: 'x' } })
    await runs('worker', { host: hostile, policy: { [hostile]: 'y' } })
    const page = await pageOf('&period=5m')
    expect(textOf(page).split('onerror=').length - 1).toBeGreaterThan(10)
    expect(page).not.toMatch(/<img|"'>/)
  })
})

describe('an outage of Redis', () => {
  it('is a page in words with status 503, for each page', async () => {
    const own = await startBoard()
    await own.server.kill()
    for (const url of [
      '/messages',
      `/messages/phones/${'a'.repeat(22)}`,
      `/messages/requests/${'a'.repeat(22)}.${'b'.repeat(22)}`,
    ]) {
      const reply = await own.ask({ url: `${url}?lang=en` })
      expect([reply.statusCode, reply.headers['content-type']]).toEqual([503, 'text/html; charset=utf-8'])
      expect(textOf(reply.body)).toContain('Redis does not answer')
      expect(reply.headers['cache-control']).toBe('no-store')
    }
    expect(own.logged('board error')).toEqual([])
    await own.close()
  })
})

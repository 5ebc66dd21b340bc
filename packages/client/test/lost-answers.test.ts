import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { createSmsCodes } from '@sms-codes/client'
import { aMobile, fetchFrom, startOnApi, type OnApi } from './on-api.ts'

let api: OnApi
let proxy: Awaited<ReturnType<typeof openCuttingProxy>>
beforeAll(async () => {
  api = await startOnApi()
  proxy = await openCuttingProxy(Number(new URL(api.baseUrl).port))
})
afterAll(async () => {
  proxy.close()
  await api.stop()
})

afterEach(() => vi.useRealTimers())

type Cut = 'none' | 'before the request' | 'before the answer' | 'within the answer'

/** A proxy that breaks a connection at a chosen point. The API gets the request all the same, except in the first case. */
async function openCuttingProxy(port: number) {
  const cuts: Cut[] = []
  const ends = new Set<Socket>()
  const server = createServer((browser) => {
    const target = connect(port, '127.0.0.1')
    for (const end of [browser, target]) {
      ends.add(end)
      end.on('error', () => {}).on('close', () => [browser.destroy(), target.destroy()])
    }
    let cut: Cut = 'none'
    browser.on('data', (asked) => {
      if (asked.includes('HTTP/1.1')) cut = cuts.shift() ?? 'none'
      if (cut === 'before the request') browser.destroy()
      else target.write(asked)
    })
    target.on('data', (answer) => {
      if (cut === 'before the answer') browser.destroy()
      else if (cut === 'within the answer') browser.end(answer.subarray(0, -5))
      else browser.write(answer)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('a server without a port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    /** Breaks the connections of the next requests. */
    cutNext: (...next: Cut[]) => cuts.push(...next),
    close(): void {
      server.close()
      for (const end of ends) end.destroy()
    },
  }
}

/** The keys of the requests that a client makes. */
function recorded(address: string) {
  const sentKeys: (string | null)[] = []
  const record: typeof fetch = (url, init) => {
    sentKeys.push(new Headers(init?.headers).get('idempotency-key'))
    return fetchFrom(address)(url, init)
  }
  return { sentKeys, record }
}

describe.each<Cut>(['before the request', 'before the answer', 'within the answer'])(
  'a connection that breaks %s',
  (cut) => {
    it('does not fail a send: the repeat has the same key, and one message is queued', async () => {
      const { sentKeys, record } = recorded('10.77.0.1')
      const one = api.client({ baseUrl: proxy.url, fetch: record })
      const imageCode = await api.picture(one)
      const before = await api.waiting()
      proxy.cutNext(cut)
      const sent = await one.send({ mobile: aMobile(), imageCode })
      expect(sent).toMatchObject({ ok: true, resendAfter: 60 })
      expect(await api.waiting()).toHaveLength(before.length + 1)
      expect(sentKeys).toHaveLength(2)
      expect(new Set(sentKeys).size).toBe(1)
    })

    it('does not fail a verify: the repeat gets the receipt', async () => {
      const { one, code } = await api.sent({ baseUrl: proxy.url })
      proxy.cutNext(cut)
      const requestId = one.last()?.requestId
      expect(await one.verify({ code })).toMatchObject({ ok: true, requestId })
      expect(await one.verify({ code })).toMatchObject({ ok: false, reason: 'code_ended' })
    })
  },
)

describe('a connection that breaks twice', () => {
  it('makes a send unreachable; the same send again has the same key, and another one has another key', async () => {
    const { sentKeys, record } = recorded('10.77.0.2')
    const one = api.client({ baseUrl: proxy.url, fetch: record })
    const request = { mobile: aMobile(), imageCode: await api.picture(one) }
    const before = await api.waiting()
    proxy.cutNext('before the answer', 'before the answer')
    expect(await one.send(request)).toMatchObject({ reason: 'unreachable', status: 0 })
    expect(await one.status()).toMatchObject({ reason: 'invalid' })
    expect(await one.send(request)).toMatchObject({ ok: true, resendAfter: 60 })
    expect(await api.waiting()).toHaveLength(before.length + 1)
    expect(new Set(sentKeys.filter((key) => key !== null)).size).toBe(1)
    expect(await one.send(request)).toMatchObject({ reason: 'captcha' })
    expect(new Set(sentKeys.filter((key) => key !== null)).size).toBe(2)
  })

  it('makes a verify unreachable, and the same code again gets the receipt', async () => {
    const { one, code } = await api.sent({ baseUrl: proxy.url })
    proxy.cutNext('before the answer', 'before the answer')
    expect(await one.verify({ code })).toMatchObject({ reason: 'unreachable' })
    const requestId = one.last()?.requestId
    expect(await one.verify({ code })).toMatchObject({ ok: true, requestId })
  })

  it('gives a send with other fields, or after a minute, another key', async () => {
    const { sentKeys, record } = recorded('10.77.0.3')
    const one = api.client({ baseUrl: proxy.url, fetch: record })
    const request = { mobile: aMobile(), imageCode: 'AB3D' }
    proxy.cutNext('before the answer', 'before the answer')
    await one.send(request)
    proxy.cutNext('before the answer', 'before the answer')
    await one.send({ ...request, mobile: aMobile() })
    expect(new Set(sentKeys).size).toBe(2)
    proxy.cutNext('before the answer', 'before the answer')
    await one.send(request)
    vi.setSystemTime(Date.now() + 61_000)
    await one.send(request)
    expect(sentKeys).toHaveLength(7)
    expect(new Set(sentKeys).size).toBe(3)
  })

  it('gives the same send the same key although another call was made between', async () => {
    const { sentKeys, record } = recorded('10.77.0.4')
    const one = api.client({ baseUrl: proxy.url, fetch: record })
    const request = { mobile: aMobile(), imageCode: await api.picture(one) }
    const before = await api.waiting()
    proxy.cutNext('before the answer', 'before the answer')
    expect(await one.send(request)).toMatchObject({ reason: 'unreachable' })
    await one.verify({ code: '123456', mobile: aMobile() })
    expect(await one.send(request)).toMatchObject({ ok: true, resendAfter: 60 })
    expect(await api.waiting()).toHaveLength(before.length + 1)
    expect(sentKeys).toHaveLength(4)
    expect(new Set(sentKeys).size).toBe(2)
  })
})

it('a repeat waits while the first request still runs, and gives up when it never ends', async () => {
  const underWay = JSON.stringify({ code: '5006', errmsg: '请求处理中', retry_after: 1 })
  const sent = JSON.stringify({ request_id: 'r', resend_after: 60, expires_in: 300 })
  let answers = [new Response(underWay, { status: 409 }), new Response(sent, { status: 202 })]
  const answering: typeof fetch = async () => {
    const next = answers.shift()
    if (next === undefined) throw new TypeError('the connection is broken')
    return next
  }
  const one = createSmsCodes({ baseUrl: '', fetch: answering, storage: null })
  const request = { mobile: '13800138000', imageCode: 'AB3D' }
  expect(await one.send(request)).toMatchObject({ ok: true, requestId: 'r' })
  answers = Array.from({ length: 9 }, () => new Response(underWay, { status: 409 }))
  expect(await one.send(request)).toMatchObject({ reason: 'unavailable', status: 409, retryAfter: 1 })
  expect(answers).toHaveLength(3)
})

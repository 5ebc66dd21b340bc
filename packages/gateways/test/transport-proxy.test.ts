import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { describe, expect, onTestFinished, test } from 'vitest'
import { egressProxyOf, egressVariables } from '@sms-codes/core/config/egress-proxy'
import { Value } from '@sinclair/typebox/value'
import { createTransport } from '../src/transport.ts'
import type { TransportOptions } from '../src/transport.ts'
import { startProxy } from './proxy.ts'
import {
  answer,
  deadPort,
  finish,
  hang,
  http,
  privateCa,
  reset,
  serve,
  throwaway,
  vendorPair,
} from './servers.ts'
import type { Behaviour } from './servers.ts'

const never = new AbortController().signal
const VENDOR = 'https://vendor.example/sms'
const TLS = { tls: vendorPair }

/** Posts to `VENDOR` through the proxy at this address. */
function through(proxyUrl: string, options: TransportOptions = {}, noProxy = '') {
  const HTTPS_PROXY = Value.Decode(egressVariables.HTTPS_PROXY, proxyUrl)
  const NO_PROXY = Value.Decode(egressVariables.NO_PROXY, noProxy)
  const proxy = egressProxyOf({ NO_PROXY, HTTPS_PROXY })
  const transport = createTransport({ ca: privateCa, proxy, ...options })
  onTestFinished(() => transport.close())
  return (url = VENDOR, signal = never) =>
    transport.post(url, {
      headers: { authorization: 'key-of-the-vendor' },
      body: '{"code":"246810"}',
      signal,
    })
}

describe('a failure before the tunnel is open is not_sent, and the proxy is named', () => {
  test('a proxy that refuses the connection', async () => {
    const post = through(`http://127.0.0.1:${await deadPort()}`)
    expect(await post()).toEqual({ kind: 'not_sent', code: 'PROXY_ECONNREFUSED' })
  })

  test('a name of a proxy that does not resolve', async () => {
    const { kind, ...result } = await through('http://proxy.invalid:3128')()
    expect(kind).toBe('not_sent')
    expect('code' in result && result.code).toMatch(/^PROXY_(ENOTFOUND|EAI_AGAIN)$/)
  })

  test.each([407, 403, 502, 503, 302])('an answer to CONNECT with status %i', async (status) => {
    const vendor = await serve(answer(200), TLS)
    const proxy = await startProxy(vendor.port, {
      onConnect: (client) => client.end(http(status, 'a page about user:password', { connection: 'close' })),
    })
    expect(await through(proxy.url('user:password'))()).toEqual({
      kind: 'not_sent',
      code: `PROXY_${status}`,
    })
    expect(vendor.wires).toHaveLength(0)
    expect(proxy.carried()).toBe('')
  })

  const faults: [string, (client: Duplex) => void, string][] = [
    ['a close', (client) => client.end(), 'PROXY_ECONNRESET'],
    ['half an answer and a close', (client) => client.end('HTTP/1.1 200'), 'PROXY_ECONNRESET'],
    ['an answer that is not HTTP', (client) => client.end('garbage\r\n\r\n'), 'PROXY_HPE_INVALID_CONSTANT'],
    ['silence after the CONNECT', () => {}, 'PROXY_CONNECT_DEADLINE'],
    ['half an answer and silence', (client) => client.write('HTTP/1.1 200 '), 'PROXY_CONNECT_DEADLINE'],
  ]
  test.each(faults)('%s', async (_what, onConnect, code) => {
    const proxy = await startProxy(0, { onConnect })
    expect(await through(proxy.url(), { connectTimeoutMs: 3_000 })()).toEqual({ kind: 'not_sent', code })
    expect(proxy.connects).toHaveLength(1)
  })

  test('a proxy that resets the connection', async () => {
    const proxy = await startProxy(0, { onAccept: (wire) => wire.resetAndDestroy() })
    expect(await through(proxy.url())()).toEqual({ kind: 'not_sent', code: 'PROXY_ECONNRESET' })
  })

  test('a proxy whose certificate is of an unknown authority', async () => {
    const proxy = await startProxy(0, { tls: true })
    const { kind, ...result } = await through(proxy.url(), { ca: throwaway.cert })()
    expect(kind).toBe('not_sent')
    expect('code' in result && result.code).toMatch(/^PROXY_UNABLE_TO_VERIFY/)
    expect(proxy.connects).toHaveLength(0)
  })

  test('the caller aborts while the proxy is silent', async () => {
    const giveUp = new AbortController()
    const proxy = await startProxy(0, { onConnect: () => giveUp.abort() })
    expect(await through(proxy.url())(VENDOR, giveUp.signal)).toEqual({ kind: 'not_sent', code: 'ABORTED' })
  })

  test('a CONNECT without an answer ends with the time-out of idle connections', async () => {
    const proxy = await startProxy(0, { onConnect: () => {} })
    const post = through(proxy.url(), { connectTimeoutMs: 1_000, idleSocketMs: 2_000 })
    expect(await post()).toMatchObject({ kind: 'not_sent' })
    const [wire] = proxy.wires
    expect(wire?.readableEnded || (wire && (await once(wire, 'end')))).toBeTruthy()
  })

  test('a tunnel that opens after the deadline carries no request', async () => {
    const vendor = await serve(answer(200), TLS)
    let open = () => {}
    const proxy = await startProxy(vendor.port, { onConnect: (_client, tunnel) => void (open = tunnel) })
    expect(await through(proxy.url(), { connectTimeoutMs: 1_000 })()).toMatchObject({ kind: 'not_sent' })
    open()
    const [wire] = proxy.wires
    expect(wire?.closed || (wire && (await once(wire, 'close')))).toBeTruthy()
    expect(vendor.requests).toHaveLength(0)
  })
})

describe('a failure of TLS in the tunnel is not_sent', () => {
  test.each([
    ['before the handshake', (vendor: Duplex, client: Duplex) => (vendor.destroy(), client.destroy())],
    ['by its first bytes', (_vendor: Duplex, client: Duplex) => client.once('data', () => client.destroy())],
    [
      'in the answer of the vendor',
      (vendor: Duplex, client: Duplex) =>
        vendor
          .unpipe()
          .resume()
          .once('data', (part: Buffer) => client.end(part.subarray(0, 100))),
    ],
  ])('the proxy cuts it %s', async (_what, cut) => {
    const vendor = await serve(answer(200), TLS)
    const proxy = await startProxy(vendor.port, { onConnect: (client, tunnel) => void cut(tunnel(), client) })
    expect(await through(proxy.url())()).toEqual({ kind: 'not_sent', code: 'ECONNRESET' })
    expect(vendor.requests).toHaveLength(0)
  })

  test('the vendor does not answer the handshake', async () => {
    const vendor = await serve(hang, { onAccept: () => {} })
    const proxy = await startProxy(vendor.port)
    const post = through(proxy.url(), { connectTimeoutMs: 3_000 })
    expect(await post()).toEqual({ kind: 'not_sent', code: 'CONNECT_DEADLINE' })
  })

  test('the vendor has a certificate of an authority that this process does not know', async () => {
    const vendor = await serve(answer(200), TLS)
    const proxy = await startProxy(vendor.port)
    const post = through(proxy.url(), { ca: throwaway.cert })
    expect(await post()).toEqual({ kind: 'not_sent', code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' })
    expect(vendor.requests).toHaveLength(0)
  })

  test('the proxy leads to another server, whose certificate has another name', async () => {
    const other = await serve(answer(200), TLS)
    const proxy = await startProxy(other.port)
    const result = await through(proxy.url())('https://bank.example/')
    expect(result).toEqual({ kind: 'not_sent', code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
    expect(other.requests).toHaveLength(0)
  })
})

describe('a failure after the request was written is unknown', () => {
  const faults: [string, Behaviour, string][] = [
    ['the vendor resets', reset, 'ECONNRESET'],
    ['the vendor closes', finish, 'ECONNRESET'],
    ['the vendor is silent', hang, 'TOTAL_DEADLINE'],
    ['the vendor sends half an answer', (socket) => socket.end('HTTP/1.1 2'), 'ECONNRESET'],
  ]
  test.each(faults)('%s', async (_what, behaviour, code) => {
    const vendor = await serve(behaviour, TLS)
    const proxy = await startProxy(vendor.port)
    expect(await through(proxy.url(), { totalTimeoutMs: 3_000 })()).toEqual({ kind: 'unknown', code })
    expect(vendor.requests).toHaveLength(1)
  })

  test.each([true, false])('the proxy cuts the tunnel (the tunnel was used before: %s)', async (isKept) => {
    let cut = () => {}
    const vendor = await serve((socket) => {
      if (isKept && vendor.requests.length === 1) socket.write(http(200))
      else cut()
    }, TLS)
    const proxy = await startProxy(vendor.port, {
      onConnect(client, tunnel) {
        tunnel()
        cut = () => client.destroy()
      },
    })
    const post = through(proxy.url())
    if (isKept) await post()
    expect(await post()).toEqual({ kind: 'unknown', code: 'ECONNRESET' })
    expect(vendor.requests).toHaveLength(isKept ? 2 : 1)
    expect(proxy.connects).toHaveLength(1)
  })
})

describe('a call through the proxy', () => {
  test.each([false, true])(
    'reaches the vendor unread, with one tunnel for several (TLS to the proxy: %s)',
    async (tls) => {
      const vendor = await serve(answer(418, '{"b":"码"}'), TLS)
      const proxy = await startProxy(vendor.port, { tls })
      const post = through(proxy.url())
      for (let i = 0; i < 3; i++)
        expect(await post()).toMatchObject({ kind: 'answer', status: 418, body: '{"b":"码"}' })
      expect(vendor.requests[0]).toMatch(/^POST \/sms HTTP\/1\.1\r\n[^]*{"code":"246810"}$/)
      expect(proxy.connects.map(({ url, headers }) => [url, headers['proxy-authorization']])).toEqual([
        ['vendor.example:443', undefined],
      ])
      expect(JSON.stringify(proxy.connects[0]?.rawHeaders) + proxy.carried()).not.toMatch(/key-of|246810/)
      expect(vendor.wires).toHaveLength(1)
    },
  )

  test('logs in with the decoded login of the address', async () => {
    const vendor = await serve(answer(200), TLS)
    const proxy = await startProxy(vendor.port)
    expect(await through(proxy.url('shop:p%40ss%2Fw%3A1'))()).toMatchObject({ kind: 'answer' })
    const login = Buffer.from('shop:p@ss/w:1').toString('base64')
    expect(proxy.connects[0]?.headers['proxy-authorization']).toBe(`Basic ${login}`)
    expect(vendor.requests[0]).not.toMatch(/proxy-authorization/i)
  })

  test('is not made over http, to an exception, and to this machine', async () => {
    const [plain, vendor] = [await serve(answer(200)), await serve(answer(200), TLS)]
    const proxy = await startProxy(vendor.port)
    const post = through(proxy.url(), {}, 'localhost.example')
    expect(await post(plain.url)).toMatchObject({ kind: 'answer' })
    expect(await post(`https://localhost:${vendor.port}/`)).toMatchObject({ kind: 'answer' })
    expect(await post('https://sms.localhost.example/')).toMatchObject({ kind: 'not_sent' })
    expect(proxy.connects).toHaveLength(0)
  })
})

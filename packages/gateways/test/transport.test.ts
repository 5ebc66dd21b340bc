import { getEventListeners, once } from 'node:events'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createTransport } from '../src/transport.ts'
import type { TransportOptions } from '../src/transport.ts'
import { answer, bytes, cut, deadPort, drip, finish, hang, http, reset, serve, throwaway } from './servers.ts'
import type { Behaviour } from './servers.ts'

const never = new AbortController().signal

function connect(options: TransportOptions = {}) {
  const transport = createTransport({ ca: throwaway.cert, ...options })
  onTestFinished(() => transport.close())
  return (url: string, signal = never) =>
    transport.post(url, { headers: { 'x-a': 'b' }, body: '{"a":1}', signal })
}

describe('a failure before the connection is established is not_sent', () => {
  test('a refused connection', async () => {
    const port = await deadPort()
    expect(await connect()(`http://127.0.0.1:${port}/`)).toEqual({ kind: 'not_sent', code: 'ECONNREFUSED' })
    expect(await connect()(`https://127.0.0.1:${port}/`)).toEqual({ kind: 'not_sent', code: 'ECONNREFUSED' })
  })

  test('a name that does not resolve', async () => {
    expect(await connect()('http://gateway.invalid/')).toMatchObject({ kind: 'not_sent' })
  })

  test('a TLS port that never answers the handshake: the connect deadline', async () => {
    const server = await serve(hang, { onAccept: () => {} })
    expect(await connect({ connectTimeoutMs: 200 })(`https://127.0.0.1:${server.port}/`)).toEqual({
      kind: 'not_sent',
      code: 'CONNECT_DEADLINE',
    })
  })

  test('a TLS port that never answers the handshake: the total deadline', async () => {
    const server = await serve(hang, { onAccept: () => {} })
    expect(await connect({ totalTimeoutMs: 200 })(`https://127.0.0.1:${server.port}/`)).toEqual({
      kind: 'not_sent',
      code: 'TOTAL_DEADLINE',
    })
  })

  test('a TLS port that resets on accept', async () => {
    const server = await serve(hang, { onAccept: (wire) => wire.resetAndDestroy() })
    const result = await connect()(`https://127.0.0.1:${server.port}/`)
    expect(result).toEqual({ kind: 'not_sent', code: 'ECONNRESET' })
  })

  test('a TLS port that closes during the handshake', async () => {
    const server = await serve(hang, { onAccept: (wire) => wire.once('data', () => wire.end()) })
    expect(await connect()(`https://127.0.0.1:${server.port}/`)).toMatchObject({ kind: 'not_sent' })
  })

  test('a port that does not speak TLS', async () => {
    const server = await serve(hang, { onAccept: (wire) => wire.end('HTTP/1.1 400 X\r\n\r\n') })
    const result = await connect()(`https://127.0.0.1:${server.port}/`)
    expect(result).toMatchObject({ kind: 'not_sent' })
    expect('code' in result && result.code).toMatch(/^(ERR_SSL_|EPROTO)/)
  })

  test('a certificate of an unknown authority', async () => {
    const server = await serve(answer(200), { tls: true })
    const transport = createTransport()
    onTestFinished(() => transport.close())
    const result = await transport.post(server.url, { headers: {}, body: 'secret', signal: never })
    expect(result).toEqual({ kind: 'not_sent', code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
    expect(server.requests).toHaveLength(0)
  })

  test('a certificate for another name', async () => {
    const server = await serve(answer(200), { tls: true })
    const result = await connect()(`https://localhost:${server.port}/`)
    expect(result).toEqual({ kind: 'not_sent', code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
    expect(server.requests).toHaveLength(0)
  })

  test('the caller aborts during the handshake', async () => {
    const giveUp = new AbortController()
    const server = await serve(hang, { onAccept: () => giveUp.abort() })
    const result = await connect()(`https://127.0.0.1:${server.port}/`, giveUp.signal)
    expect(result).toEqual({ kind: 'not_sent', code: 'ABORTED' })
  })

  test('the caller has aborted already', async () => {
    const server = await serve(answer(200))
    expect(await connect()(server.url, AbortSignal.abort())).toEqual({ kind: 'not_sent', code: 'ABORTED' })
    expect(server.wires).toHaveLength(0)
  })

  test('an invalid request', async () => {
    expect(await connect()('http://')).toEqual({ kind: 'not_sent', code: 'ERR_INVALID_URL' })
    expect(await connect()('ftp://127.0.0.1/')).toEqual({ kind: 'not_sent', code: 'ERR_INVALID_PROTOCOL' })
  })
})

describe('a failure after the connection is established is unknown', () => {
  const faults: [string, Behaviour, string][] = [
    ['a reset', reset, 'ECONNRESET'],
    ['a close', finish, 'ECONNRESET'],
    ['bytes that are not HTTP', bytes('garbage\r\n\r\n'), 'HPE_INVALID_CONSTANT'],
    ['half a status line', bytes('HTTP/1.1 2'), 'ECONNRESET'],
    ['a body that is cut', cut('{"a":'), 'ECONNRESET'],
    [
      'a truncated chunked body',
      bytes('HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab'),
      'ECONNRESET',
    ],
    ['an upgrade', bytes('HTTP/1.1 101 X\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'), 'CLOSED'],
    [
      'endless headers',
      (socket) => socket.write(`HTTP/1.1 200 X\r\na: ${'b'.repeat(20_000)}`),
      'HPE_HEADER_OVERFLOW',
    ],
    ['a body over the cap', answer(200, 'x'.repeat(64 * 1024 + 1)), 'BODY_TOO_LONG'],
  ]
  for (const tls of [false, true]) {
    test.each(faults)(`%s${tls ? ', under TLS' : ''}`, async (_what, behaviour, code) => {
      const server = await serve(behaviour, { tls })
      expect(await connect()(server.url)).toEqual({ kind: 'unknown', code })
      expect(server.requests).toHaveLength(1)
    })

    test.each([
      ['silence', hang],
      ['a slow drip', drip],
    ])(`the total deadline over %s${tls ? ', under TLS' : ''}`, async (_what, behaviour) => {
      const server = await serve(behaviour, { tls })
      const result = await connect({ totalTimeoutMs: 3_000 })(server.url)
      expect(result).toEqual({ kind: 'unknown', code: 'TOTAL_DEADLINE' })
    })
  }

  test('the connect deadline does not apply to an established connection', async () => {
    const server = await serve((socket) => setTimeout(() => socket.write(http(200)), 2_500))
    expect(await connect({ connectTimeoutMs: 2_000 })(server.url)).toMatchObject({
      kind: 'answer',
      status: 200,
    })
  })

  test.each([
    ['silence', hang],
    ['a slow drip', drip],
  ])('the caller gives up on %s', async (_what, behaviour) => {
    const giveUp = new AbortController()
    const server = await serve(behaviour)
    const result = connect()(server.url, giveUp.signal)
    await server.firstRequest
    giveUp.abort()
    expect(await result).toEqual({ kind: 'unknown', code: 'ABORTED' })
  })

  test('the transport is closed during the request', async () => {
    const server = await serve(hang)
    const transport = createTransport()
    const result = transport.post(server.url, { headers: {}, body: '', signal: never })
    await server.firstRequest
    transport.close()
    expect(await result).toMatchObject({ kind: 'unknown' })
  })

  test.each([
    ['a reset', reset],
    ['a close', finish],
    ['silence', hang],
  ])('a kept connection that fails the second request: %s', async (_what, behaviour) => {
    for (const tls of [false, true]) {
      const server = await serve(
        (socket, wire) => {
          if (server.requests.length === 1) socket.write(http(200))
          else behaviour(socket, wire)
        },
        { tls },
      )
      const post = connect({ totalTimeoutMs: 3_000 })
      expect(await post(server.url)).toMatchObject({ kind: 'answer' })
      expect(await post(server.url)).toMatchObject({ kind: 'unknown' })
      expect(server.wires).toHaveLength(1)
    }
  })
})

describe('an answer', () => {
  test.each([false, true])(
    'is returned as the server sent it, after a request as the caller made it (TLS: %s)',
    async (tls) => {
      const server = await serve(answer(418, '{"b":"码"}', { 'x-c': 'd' }), { tls })
      const result = await connect()(`${server.url}/path?q=1`)
      expect(result).toMatchObject({
        kind: 'answer',
        status: 418,
        body: '{"b":"码"}',
        headers: { 'x-c': 'd' },
      })
      const [head = '', body] = server.requests[0]?.split('\r\n\r\n') ?? []
      expect(head).toMatch(/^POST \/path\?q=1 HTTP\/1\.1\r\n/)
      expect(head).toMatch(/^x-a: b$/m)
      expect(head).not.toMatch(/accept-encoding/i)
      expect(body).toBe('{"a":1}')
    },
  )

  test('may be exactly as long as the limit', async () => {
    const server = await serve(answer(200, 'x'.repeat(64 * 1024)))
    expect(await connect()(server.url)).toMatchObject({ kind: 'answer', body: 'x'.repeat(64 * 1024) })
  })

  test('may end with the connection and arrive in any number of pieces', async () => {
    const server = await serve((socket) => {
      socket.write('HTTP/1.1 200 X\r\nconnection: close\r\n\r\nab')
      setImmediate(() => socket.end('cd'))
    })
    expect(await connect()(server.url)).toMatchObject({ kind: 'answer', body: 'abcd' })
  })

  test('may follow an interim answer', async () => {
    const server = await serve(bytes(`HTTP/1.1 103 X\r\n\r\n${http(200, 'ab').toString()}`))
    expect(await connect()(server.url)).toMatchObject({ kind: 'answer', status: 200, body: 'ab' })
  })

  test('leaves no listener on a signal that outlives it', async () => {
    const server = await serve(answer(200))
    const post = connect()
    const { signal } = new AbortController()
    await post(server.url, signal)
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })
})

describe('connections', () => {
  test.each([false, true])('are reused for many requests (TLS: %s)', async (tls) => {
    const server = await serve(answer(200), { tls })
    const post = connect()
    for (let i = 0; i < 3; i++) expect(await post(server.url)).toMatchObject({ kind: 'answer' })
    expect(server.wires).toHaveLength(1)
  })

  test('are closed by the transport if they are idle', async () => {
    const server = await serve(answer(200))
    expect(await connect({ idleSocketMs: 1_000 })(server.url)).toMatchObject({ kind: 'answer' })
    const [wire] = server.wires
    expect(wire?.readableEnded || (wire && (await once(wire, 'end')))).toBeTruthy()
  })

  test('are not reused after the server has closed them', async () => {
    const server = await serve((socket) => socket.write(http(200)))
    const post = connect()
    expect(await post(server.url)).toMatchObject({ kind: 'answer' })
    const [wire] = server.wires
    const closed = wire && once(wire, 'close')
    wire?.end()
    await closed
    expect(await post(server.url)).toMatchObject({ kind: 'answer' })
    expect(server.wires).toHaveLength(2)
  })
})

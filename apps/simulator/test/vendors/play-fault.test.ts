import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { errorCodeOf } from '../error-code.ts'
import { anyText, ccpRequest, sendRaw, startSimulator, type Simulator } from '../running-simulator.ts'

let simulator: Simulator
beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())
beforeEach(() => simulator.reset())

async function arrivals(count: number): Promise<void> {
  await expect.poll(() => simulator.outbox(), { timeout: 10_000 }).toHaveLength(count)
}

describe('whole answers', () => {
  test.each([
    ['html', 200, /html/],
    ['http_429', 429, /html/],
    ['http_500', 500, /html/],
    ['http_502', 502, /html/],
    ['http_503', 503, /html/],
    ['empty', 200, /^$/],
    ['redirect', 302, /^$/],
  ])('%s gives its answer and does not accept the message', async (fault, status, body) => {
    await simulator.script(fault)
    const answer = await simulator.send()
    expect(answer.status).toBe(status)
    expect(answer.body).toMatch(body)
    expect(await simulator.outbox()).toEqual([])
  })

  test('http_429 names a time to retry, and redirect names a location', async () => {
    await simulator.script('http_429')
    await simulator.script('redirect')
    expect((await simulator.send()).headers['retry-after']).toBe('1')
    expect((await simulator.send()).headers['location']).toBe('/redirected')
  })

  test('a code of the vendor is answered with status 200, and the message is not accepted', async () => {
    await simulator.script('160042')
    const answer = await simulator.send()
    expect(answer.status).toBe(200)
    expect(JSON.parse(answer.body)).toEqual({ statusCode: '160042', statusMsg: anyText })
    expect(await simulator.outbox()).toEqual([])
  })

  test('accept accepts the message and delays the answer', async () => {
    await simulator.script('accept', { delay_ms: 50 })
    expect(await simulator.sendCode()).toBe('000000')
    expect(await simulator.outbox()).toHaveLength(1)
  })

  test('huge_body accepts the message and answers with more than 50 MB', async () => {
    await simulator.script('huge_body')
    const answer = await simulator.send()
    expect(answer.body.length).toBeGreaterThan(50 * 1024 * 1024)
    expect(answer.body).toMatch(/^\{"statusCode":"000000"/)
    expect(await simulator.outbox()).toHaveLength(1)
  })

  test('a fault that accepts the message does not accept an invalid request', async () => {
    await simulator.script('accept')
    expect(await simulator.sendCode({ token: 'another' })).toBe('111109')
    expect(await simulator.outbox()).toEqual([])
  })
})

describe('broken connections', () => {
  test.each([
    ['rst', 0],
    ['refuse', 0],
    ['accept_rst', 1],
    ['half_body', 1],
  ])('%s breaks the connection with %i messages accepted', async (fault, accepted) => {
    await simulator.script(fault)
    expect(await errorCodeOf(simulator.send())).toBe('ECONNRESET')
    expect(await simulator.outbox()).toHaveLength(accepted)
  })

  test('half_body sends the headers and half of the announced body', async () => {
    await simulator.script('half_body')
    const { path, headers, body } = ccpRequest({})
    const socket = connect(simulator.port, '127.0.0.1')
    const head = Object.entries({ host: 'sim', ...headers, 'content-length': Buffer.byteLength(body) })
    socket.write(
      `POST ${path} HTTP/1.1\r\n${head.map((pair) => pair.join(': ')).join('\r\n')}\r\n\r\n${body}`,
    )
    let text = ''
    socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
    await once(socket, 'end')
    socket.destroy()
    const [answerHead = '', half = ''] = text.split('\r\n\r\n')
    const promised = Number(/content-length: (\d+)/i.exec(answerHead)?.[1])
    expect(answerHead).toMatch(/^HTTP\/1\.1 200 /)
    expect(half).toHaveLength(Math.floor(promised / 2))
  })

  test('refuse closes the connection before the body arrives', async () => {
    await simulator.script('refuse')
    const { path } = ccpRequest({})
    const socket = connect(simulator.port, '127.0.0.1').on('error', () => {})
    socket.write(
      `POST ${path} HTTP/1.1\r\nhost: sim\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n`,
    )
    await once(socket, 'close')
    expect(await simulator.outbox()).toEqual([])
  })

  test('accept_hang accepts the message and never answers, and a repeat is refused as a repeat', async () => {
    await simulator.script('accept_hang')
    const hangUp = new AbortController()
    const hung = errorCodeOf(sendRaw(simulator.url, { reqId: 'abc' }, hangUp.signal))
    await arrivals(1)
    expect(await simulator.sendCode({ reqId: 'abc' })).toBe('160054')
    hangUp.abort()
    expect(await hung).toBe('ABORT_ERR')
    expect(await simulator.outbox()).toHaveLength(1)
  })

  test('hang accepts nothing and never answers', async () => {
    await simulator.script('hang')
    const hangUp = new AbortController()
    const hung = errorCodeOf(sendRaw(simulator.url, { reqId: 'abc' }, hangUp.signal))
    await expect.poll(() => simulator.get('/_sim/script')).toEqual({ pending: [] })
    expect(await simulator.sendCode({ reqId: 'abc' })).toBe('000000')
    hangUp.abort()
    expect(await hung).toBe('ABORT_ERR')
    expect(await simulator.outbox()).toHaveLength(1)
  })

  test('slow_drip accepts the message and answers byte by byte', async () => {
    await simulator.script('slow_drip')
    const { path, headers, body } = ccpRequest({})
    const hangUp = new AbortController()
    const answer = await fetch(simulator.url + path, { method: 'POST', headers, body, signal: hangUp.signal })
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
    const first = await reader?.read()
    expect(first?.value).toBe('{')
    expect(await simulator.outbox()).toHaveLength(1)
    hangUp.abort()
  })

  test('the simulator stops although requests hang and event streams are open', async () => {
    const stopping = await startSimulator()
    await stopping.script('hang')
    const hung = errorCodeOf(stopping.send())
    await expect.poll(() => stopping.get('/_sim/script')).toEqual({ pending: [] })
    await fetch(`${stopping.url}/_sim/events`)
    await stopping.close()
    expect(await hung).toBe('ECONNRESET')
  })
})

import { afterEach, describe, expect, it } from 'vitest'
import { parseOrigins } from '../../src/http/origins.ts'
import { startApi, startApiWith, type Api } from '../api.ts'

describe('CORS_ORIGINS', () => {
  it.each([
    '',
    'https://shop.example',
    'https://shop.example:8443',
    'http://localhost',
    'http://localhost:5173',
    'http://127.0.0.1:3000',
    'http://[::1]:3000',
    'https://xn--fiqs8s.example',
    'https://a_b.example',
    'capacitor://localhost',
    'ionic://localhost',
    'tauri://localhost',
    'http://tauri.localhost',
    'app://-',
    'chrome-extension://aapbdbdomjkkjkaonfhkkikfgjllcleb',
    'moz-extension://0f9eed11-3c4b-4d3c-9e1d-8d1c5d1a2b3c',
    'https://shop.example,capacitor://localhost',
  ])('may be %s', (text) => {
    expect(parseOrigins(text)).toEqual(text === '' ? [] : text.split(','))
  })

  it.each([
    ['https://Shop.Example', 'https://shop.example'],
    ['HTTPS://shop.example', 'https://shop.example'],
    ['https://shop.example:443', 'https://shop.example'],
    ['http://shop.example:80', 'http://shop.example'],
    ['https://shop.example/', 'https://shop.example'],
    ['https://shop.example/path', 'https://shop.example'],
    ['https://shop.example?query', 'https://shop.example'],
    ['https://shop.example#part', 'https://shop.example'],
    ['https://user:secret@shop.example', 'https://shop.example'],
    ['https://商店.example', 'https://xn--czrs0t.example'],
    ['https://shop.example:08443', 'https://shop.example:8443'],
    ['http://127.1', 'http://127.0.0.1'],
    ['http://[0:0::1]', 'http://[::1]'],
    ['Capacitor://localhost', 'capacitor://localhost'],
    ['capacitor://LOCALHOST', 'capacitor://localhost'],
    ['capacitor://localhost/', 'capacitor://localhost'],
  ])('is refused if an entry is %s, and the fault names the right spelling', (entry, spelling) => {
    expect(() => parseOrigins(`https://a.example,${entry}`)).toThrow(
      new Error(`entry 2 must be written as browsers send it: ${spelling}`),
    )
  })

  it('may have blanks between its entries', () => {
    const origins = ['https://a.example', 'https://b.example']
    expect(parseOrigins(' https://a.example , https://b.example')).toEqual(origins)
  })

  it.each([
    'null',
    '*',
    'https://*',
    'https://*.example.com',
    'https://',
    'shop.example',
    'localhost:3000',
    'file://',
    'file:///page.html',
    'wss://shop.example',
    'data:text/html,x',
    'about:blank',
    'javascript:alert(1)',
    'capacitor://',
    'capacitor://*',
    'https://shop.example ionic://localhost',
  ])('is refused if it is %s', (text) => {
    expect(() => parseOrigins(text)).toThrow('entry 1 must be an origin, such as')
  })

  it('is refused with one line for each wrong entry', () => {
    expect(() => parseOrigins('https://a.example/,,https://b.example')).toThrow(
      'entry 1 must be written as browsers send it: https://a.example\nentry 2 must be an origin',
    )
  })
})

describe('a preflight request', () => {
  let api: Api
  afterEach(() => api.stop())

  const ask = (origin: string, method: string, header: string) =>
    api.app.inject({
      method: 'OPTIONS',
      url: '/v1/sms_codes',
      headers: {
        origin,
        'access-control-request-method': method,
        'access-control-request-headers': header,
      },
    })

  it('from the page of an app is answered with its origin', async () => {
    api = await startApi({ CORS_ORIGINS: 'https://shop.example,capacitor://localhost' })
    const answer = await ask('capacitor://localhost', 'POST', 'content-type')
    expect(answer.statusCode).toBe(204)
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': 'capacitor://localhost',
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': 'content-type, idempotency-key',
    })
    expect((await ask('null', 'POST', 'content-type')).statusCode).toBe(404)
  })

  it('allows the headers of the policy in addition to those of the API', async () => {
    api = await startApiWith({ cors: { headers: ['x-requested-with', 'traceparent', 'authorization'] } })
    const { headers } = await ask('https://shop.example', 'POST', 'traceparent')
    expect(headers['access-control-allow-headers']).toBe(
      'content-type, idempotency-key, x-requested-with, traceparent, authorization',
    )
  })
})

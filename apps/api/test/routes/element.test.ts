import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readBundle } from '../../src/routes/element.ts'
import { startApi, type Api } from '../api.ts'

let api: Api
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.stop())

const bundle = readFileSync(createRequire(import.meta.url).resolve('@sms-codes/element'))
const hash = createHash('sha256').update(bundle).digest('hex').slice(0, 16)
const file = `/element.${hash}.js`
const get = (url: string, headers: Record<string, string> = {}) => api.app.inject({ url, headers })

/** What lets a page of any origin load a script, also an isolated page (Cross-Origin-Embedder-Policy). */
const OPEN = {
  'content-type': 'text/javascript; charset=utf-8',
  'access-control-allow-origin': '*',
  'cross-origin-resource-policy': 'cross-origin',
  'x-content-type-options': 'nosniff',
}

describe('the custom element', () => {
  it('is one tag: /element.js imports the file that is named by its content', async () => {
    const entry = await get('/element.js', { origin: 'https://any.example', 'accept-encoding': 'gzip' })
    expect([entry.statusCode, entry.body]).toEqual([200, `import '.${file}'\n`])
    expect(entry.headers).toMatchObject({ ...OPEN, 'cache-control': 'public, max-age=300' })
    const script = await get(file, { origin: 'https://any.example' })
    expect([script.statusCode, script.rawPayload.equals(bundle)]).toEqual([200, true])
    expect(script.headers).toMatchObject({ ...OPEN, 'cache-control': 'public, max-age=31536000, immutable' })
  })

  it.each(['/element.js', file])('%s answers HEAD like GET, without a body', async (url) => {
    const head = await api.app.inject({ method: 'HEAD', url })
    const { headers } = await get(url)
    expect([head.statusCode, head.body]).toEqual([200, ''])
    expect(head.headers['content-length']).toBe(headers['content-length'])
    expect(head.headers['cache-control']).toBe(headers['cache-control'])
  })

  it.each([
    ['gzip, deflate, br', true],
    ['br, GZIP;q=0.5', true],
    ['gzip;q=0', false],
    ['gzip; q=0.000, br', false],
    ['br', false],
  ])('is compressed for Accept-Encoding "%s": %s', async (accepted, isZipped) => {
    const script = await get(file, { 'accept-encoding': accepted })
    expect(script.headers['vary']).toBe('accept-encoding')
    expect(script.headers['content-encoding']).toBe(isZipped ? 'gzip' : undefined)
    expect(Number(script.headers['content-length'])).toBe(script.rawPayload.length)
    expect((isZipped ? gunzipSync(script.rawPayload) : script.rawPayload).equals(bundle)).toBe(true)
  })

  it('of another version is answered with the one that the process has, which no cache keeps', async () => {
    const other = await get('/element.0123456789abcdef.js')
    expect([other.statusCode, other.rawPayload.equals(bundle)]).toEqual([200, true])
    expect(other.headers).toMatchObject({ ...OPEN, 'cache-control': 'no-store' })
  })

  it('that was not built is a fault at the start, which says what to run', () => {
    expect(() => readBundle(() => '/nowhere/bundle.js')).toThrow(/is missing; run: npm run build -w/)
  })

  it('has no label of its own in the metrics', async () => {
    await get(file)
    const metrics = await api.registry.metrics()
    expect(metrics).toContain('route="other"')
    expect(metrics).not.toContain('element')
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApi, type Api } from '../api.ts'

let api: Api
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.stop())

const get = (url: string) => api.app.inject({ url })

describe('the documentation', () => {
  it.each(['/docs', '/docs/', '/docs?a=/', '/docs/?a=b'])(
    '%s is a page whose links lead to answers',
    async (url) => {
      const page = await get(url)
      expect([page.statusCode, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
      const links = [...page.body.matchAll(/(?:href|src)="(.+?)"|url: '(.+?)'/g)].map(
        ([, a, b]) => a ?? b ?? '',
      )
      expect(links).toHaveLength(4)
      for (const link of links) {
        expect(link).not.toMatch(/^(https?:)?\/\//)
        const { pathname } = new URL(link, `http://sms.example${url}`)
        expect([pathname, (await get(pathname)).statusCode]).toEqual([pathname, 200])
      }
    },
  )

  it('names the address of the API relative to the document, so it is right behind a path', async () => {
    const { servers } = (await get('/openapi.json')).json<{ servers: { url: string }[] }>()
    const hrefs = servers.map(({ url }) => new URL(url, 'https://www.example.com/codes/openapi.json').href)
    expect(hrefs).toEqual(['https://www.example.com/codes/'])
  })

  it.each([
    ['/docs/static/swagger-ui-bundle.js', 'text/javascript; charset=utf-8', 1_000_000],
    ['/docs/static/swagger-ui.css', 'text/css; charset=utf-8', 100_000],
    ['/docs/static/favicon-32x32.png', 'image/png', 500],
    ['/openapi.json', 'application/json; charset=utf-8', 10_000],
  ])('%s comes from memory', async (url, type, bytes) => {
    const [one, two] = [await get(url), await get(url)]
    expect([one.statusCode, one.headers['content-type']]).toEqual([200, type])
    expect(one.rawPayload.length).toBeGreaterThan(bytes)
    expect(Number(one.headers['content-length'])).toBe(one.rawPayload.length)
    expect(two.rawPayload.equals(one.rawPayload)).toBe(true)
    // A stream would be sent without a length, or would have an entity tag of its file.
    expect(one.headers['etag']).toBeUndefined()
  })
})

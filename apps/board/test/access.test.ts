import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { basic, credentials, fill, startBoard, type Board } from './board.ts'

let board: Board
beforeAll(async () => {
  board = await startBoard({ writable: true })
})
afterAll(() => board.close())

const { user, password } = credentials
const refused = {
  'no credentials': undefined,
  'a wrong password': basic(user, `${password}!`),
  'a wrong name': basic('root', password),
  'an empty password': basic(user, ''),
  'no password': `Basic ${Buffer.from(user).toString('base64')}`,
  'another scheme': `Bearer ${password}`,
  garbage: 'Basic ?',
}

describe('who may look', () => {
  it('knows all of its routes', () => {
    const routes = board.routes()
    expect(routes.length).toBeGreaterThan(40)
    for (const { method, url } of routes)
      expect(board.app.hasRoute({ method, url }), `${method} ${url}`).toBe(true)
  })

  it.each(Object.entries(refused))(
    'with %s every route but /livez says 401, and nothing else',
    async (_, authorization) => {
      const headers = authorization === undefined ? {} : { authorization }
      const paths = board
        .routes()
        .map(({ method, url }) => ({ method, url: fill(url, { queueName: 'sms' }) }))
      const unknown = ['/nope', '/static/nope', '/api/nope', '/livez/', '/livez/x'].flatMap((url) => [
        { method: 'GET' as const, url },
        { method: 'DELETE' as const, url },
      ])
      const answers = new Set<string>()
      for (const { method, url } of [...paths, ...unknown]) {
        if (method === 'GET' && url === '/livez') continue
        const reply = await board.app.inject({ method, url, headers })
        expect(reply.statusCode, `${method} ${url}`).toBe(401)
        expect(reply.headers['www-authenticate']).toMatch(/^Basic realm=/)
        if (method !== 'HEAD') answers.add(reply.body)
      }
      expect([...answers]).toEqual(['{"error":"unauthorized"}'])
    },
  )

  it('says that it lives to whoever asks', async () => {
    const reply = await board.app.inject({ url: '/livez' })
    expect([reply.statusCode, reply.body]).toEqual([200, 'ok\n'])
  })

  it('logs each failed login once, without what was tried, and no first visit', async () => {
    const before = board.logged('login failed').length
    await board.app.inject({ url: '/' })
    await board.app.inject({
      url: '/some-path',
      headers: { authorization: basic('guess-name', 'guess-password') },
    })
    expect(board.logged('login failed')).toHaveLength(before + 1)
    expect(board.log()).not.toMatch(/guess-|some-path/)
    expect(board.log()).not.toContain(password)
  })

  it('answers a malformed path without saying more', async () => {
    const reply = await board.app.inject({ url: '/%zz' })
    expect([reply.statusCode, reply.body]).toEqual([400, '{"error":"bad request"}'])
  })
})

describe('what a browser loads', () => {
  it.each(['/', '/queue/sms', '/queue/email/some-job', '/job-schedulers'])(
    'has a page at %s that names no other host',
    async (url) => {
      const reply = await board.ask({ url })
      expect(reply.statusCode).toBe(200)
      expect(reply.headers['content-type']).toMatch(/^text\/html/)
      expect(reply.body).toContain('<div id="root">')
      expect(reply.body).not.toMatch(/(src|href|url)\s*[=(]\s*["']?(https?:)?\/\//i)
    },
  )

  it('serves every asset of the page', async () => {
    const page = await board.ask({ url: '/' })
    const assets = [...page.body.matchAll(/(?:src|href)="(static\/[^"]+)"/g)].map((match) => match[1])
    expect(assets.length).toBeGreaterThan(5)
    for (const asset of assets) {
      const reply = await board.ask({ url: `/${asset}` })
      expect([asset, reply.statusCode]).toEqual([asset, 200])
    }
  })

  it('allows the browser no host but this one, and no upgrade to https', async () => {
    for (const url of ['/', '/api/queues', '/static/images/logo.svg', '/nope']) {
      const { headers } = await board.ask({ url })
      expect(headers['x-content-type-options']).toBe('nosniff')
      expect(headers).not.toHaveProperty('strict-transport-security')
      const policy = String(headers['content-security-policy'])
      expect(policy).toMatch(/^default-src 'none';/)
      expect(policy).not.toMatch(/https?:|\*|upgrade-insecure-requests|unsafe-eval/)
      const sources = policy.split(';').flatMap((directive) => directive.trim().split(' ').slice(1))
      expect(new Set(sources)).toEqual(new Set(["'none'", "'self'", "'unsafe-inline'", 'data:']))
      expect(policy).toMatch(/script-src 'self'(;|$)/)
    }
  })

  it('tells nothing of Redis or of the workers', async () => {
    expect((await board.ask({ url: '/api/redis/stats' })).statusCode).toBe(403)
    expect((await board.ask({ url: '/api/queues/sms/workers' })).statusCode).toBe(403)
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { basic, reader, startBoard, type Board } from './board.ts'

let board: Board
beforeAll(async () => {
  board = await startBoard({ writable: true })
})
afterAll(() => board.close())

const { password } = reader

describe('paths without a password and failed logins', () => {
  it.each([
    ['/livez', 'ok\n'],
    ['/readyz', 'ready\n'],
  ])('answers %s without a password', async (url, body) => {
    const reply = await board.app.inject({ url })
    expect([reply.statusCode, reply.body]).toEqual([200, body])
  })

  it('exports metrics, and is not ready there while Redis does not answer', async () => {
    const own = await startBoard()
    const scrape = async () => (await own.ask({ url: '/metrics' })).body
    expect(await scrape()).toContain('sms_ready{app="board"} 1\n')
    expect(await scrape()).toContain('sms_build_info{version="1.2.3",app="board"} 1\n')
    await own.server.kill()
    expect(await scrape()).toContain('sms_ready{app="board"} 0\n')
    await own.close()
  })

  it('gives the reason on /readyz, without a password, while Redis does not answer', async () => {
    const own = await startBoard()
    await own.server.kill()
    const reply = await own.app.inject({ url: '/readyz' })
    expect([reply.statusCode, reply.body]).toEqual([503, 'redis does not answer\n'])
    await own.close()
  })

  it('logs each failed login once, without its credentials or path, and no first visit', async () => {
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
})

describe('what a browser loads', () => {
  it.each(['/', '/queue/sms', '/queue/email/some-job', '/job-schedulers'])(
    'has a page at %s that refers to no other host',
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

  it('lets the browser use only this host, and never upgrades to https', async () => {
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

  it('refuses the routes about Redis and about workers', async () => {
    expect((await board.ask({ url: '/api/redis/stats' })).statusCode).toBe(403)
    expect((await board.ask({ url: '/api/queues/sms/workers' })).statusCode).toBe(403)
  })
})

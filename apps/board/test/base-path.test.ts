import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createBasePathCutter } from '../src/base-path.ts'
import { basic, startBoard, writer, type Board } from './board.ts'
import { startProxy, type Proxy } from './proxy.ts'

const BASE = '/ops/board'

describe('createBasePathCutter', () => {
  it.each([
    ['/ops/board', '/'],
    ['/ops/board/', '/'],
    ['/ops/board?x=/ops/board/', '/?x=/ops/board/'],
    ['/ops/board/queue/sms?page=2', '/queue/sms?page=2'],
    ['/ops/board/ops/board/x', '/ops/board/x'],
    ['/ops/boarding', '/ops/boarding'],
    ['/queue/ops/board/x', '/queue/ops/board/x'],
    ['/queue/sms', '/queue/sms'],
    ['/', '/'],
  ])('%s becomes %s', (url, rest) => {
    expect(createBasePathCutter(BASE)({ url })).toBe(rest)
  })

  it('changes no path if there is no base path', () => {
    expect(createBasePathCutter('')({ url: '/ops/board/x' })).toBe('/ops/board/x')
  })
})

describe.each([
  ['cuts the base path off', true],
  ['passes the base path on', false],
])('behind a proxy that %s', (_, cutsOff) => {
  let board: Board
  let proxy: Proxy
  beforeAll(async () => {
    board = await startBoard({ writable: true, basePath: BASE })
    proxy = await startProxy(await board.app.listen({ host: '127.0.0.1', port: 0 }), BASE, cutsOff)
  })
  afterAll(async () => {
    await proxy.close()
    await board.close()
  })

  const authorization = basic(writer.user, writer.password)
  const ask = (url: string, method = 'GET', headers: Record<string, string> = {}) =>
    fetch(new URL(url, proxy.url), { method, headers: { authorization, ...headers } })

  it.each([BASE, `${BASE}/`, `${BASE}/queue/sms`, `${BASE}/queue/sms/some-job`])(
    'the page at %s finds every file that it loads',
    async (path) => {
      const reply = await ask(path)
      expect(reply.status).toBe(200)
      const page = await reply.text()
      const base = /<base href="([^"]+)"/.exec(page)?.[1] ?? ''
      expect(base).toBe(`${BASE}/`)
      const assets = [...page.matchAll(/(?:src|href)="(static\/[^"]+)"/g)].map((match) => match[1] ?? '')
      expect(assets.length).toBeGreaterThan(5)
      for (const url of [...assets, 'api/queues', 'livez', 'readyz']) {
        const found = await ask(`${base}${url}`)
        await found.arrayBuffer()
        expect([url, found.status]).toEqual([url, 200])
      }
    },
  )

  it('the pages about messages find their style sheet, their form, the queues and each other', async () => {
    const page = await (await ask(`${BASE}/messages`)).text()
    const links = [...page.matchAll(/(?:href|action)="([^"]+)"/g)].map((match) => match[1] ?? '')
    expect(links.length).toBeGreaterThan(6)
    for (const link of links) expect(link).toMatch(new RegExp(`^${BASE}/`))
    for (const link of links.filter((to) => !to.includes('search'))) {
      const found = await ask(link.replaceAll('&#38;', '&'))
      await found.arrayBuffer()
      expect([link, found.status]).toEqual([link, 200])
    }
    const id = `${'a'.repeat(22)}.${'b'.repeat(22)}`
    const search = await fetch(`${proxy.url}${BASE}/messages/search`, {
      method: 'POST',
      headers: { authorization, origin: proxy.url },
      body: new URLSearchParams({ sought: id }),
      redirect: 'manual',
    })
    expect([search.status, search.headers.get('location')]).toEqual([303, `${BASE}/messages/requests/${id}`])
    const queues = await (await ask(`${BASE}/`)).text()
    expect(queues).toContain(`"url":"${BASE}/messages"`)
  })

  it('needs the password for every path except health', async () => {
    const statuses = [
      '',
      '/',
      '/api/queues',
      '/messages',
      '/static/images/logo.svg',
      '/nope',
      '/livez',
      '/readyz',
    ].map(async (path) => (await fetch(`${proxy.url}${BASE}${path}`)).status)
    expect(await Promise.all(statuses)).toEqual([401, 401, 401, 401, 401, 401, 200, 200])
  })

  it('accepts writes of its own page and refuses writes of other pages', async () => {
    const pause = async (origin: string) =>
      (await ask(`${BASE}/api/queues/sms/pause`, 'PUT', { origin })).status
    expect(await pause('http://127.0.0.1:1')).toBe(403)
    expect(await pause('https://evil.example')).toBe(403)
    expect(await pause(proxy.url)).toBe(200)
  })
})

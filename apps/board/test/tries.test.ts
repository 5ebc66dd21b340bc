import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTries } from '../src/tries.ts'
import { basic, reader, startBoard, type Board } from './board.ts'

describe('createTries', () => {
  const tenWrong = (tries: ReturnType<typeof createTries>, ip: string) => {
    for (let i = 0; i < 10; i += 1) tries.countWrong(ip)
  }

  it('makes an address wait after ten wrong passwords, until a minute after the first', () => {
    let now = 0
    const tries = createTries(() => now)
    for (let i = 0; i < 9; i += 1) tries.countWrong('203.0.113.7')
    expect(tries.waitSeconds('203.0.113.7')).toBe(0)
    now = 15_000
    tries.countWrong('203.0.113.7')
    expect(tries.waitSeconds('203.0.113.7')).toBe(45)
    now = 59_999
    expect(tries.waitSeconds('203.0.113.7')).toBe(1)
    now = 60_000
    expect(tries.waitSeconds('203.0.113.7')).toBe(0)
    tries.countWrong('203.0.113.7')
    expect(tries.waitSeconds('203.0.113.7')).toBe(0)
  })

  it('counts an IPv6 /64 as one address, and the next /64 as another', () => {
    const tries = createTries(() => 0)
    tenWrong(tries, '2001:db8:1:2::1')
    expect(tries.waitSeconds('2001:db8:1:2:ffff::9')).toBe(60)
    expect(tries.waitSeconds('2001:db8:1:3::1')).toBe(0)
  })

  it('drops the oldest of ten thousand addresses for the next', () => {
    const tries = createTries(() => 0)
    tenWrong(tries, '203.0.113.7')
    for (let i = 0; i < 9_999; i += 1) tries.countWrong(`10.0.${i >> 8}.${i & 255}`)
    expect(tries.waitSeconds('203.0.113.7')).toBe(60)
    tries.countWrong('203.0.113.8')
    expect(tries.waitSeconds('203.0.113.7')).toBe(0)
  })
})

describe('guessing the password', () => {
  let board: Board
  beforeAll(async () => {
    board = await startBoard({ trustProxy: ['127.0.0.1'] })
  })
  afterAll(() => board.close())

  const from = (address: string, password: string) =>
    board.app.inject({
      url: '/api/queues',
      headers: { authorization: basic(reader.user, password), 'x-forwarded-for': address },
    })

  it('ends after ten concurrent tries, also for the correct password, and only for this address', async () => {
    const guesses = Array.from({ length: 50 }, (_, i) => from('203.0.113.7', `guess number ${i}`))
    const statuses = (await Promise.all(guesses)).map(({ statusCode }) => statusCode)
    expect(statuses.filter((status) => status === 401)).toHaveLength(10)
    expect(statuses.filter((status) => status === 429)).toHaveLength(40)
    const right = await from('203.0.113.7', reader.password)
    expect([right.statusCode, right.body]).toEqual([429, '{"error":"too many tries"}'])
    expect(Number(right.headers['retry-after'])).toBeGreaterThan(0)
    expect((await from('203.0.113.8', reader.password)).statusCode).toBe(200)
  })

  it.each([
    ['with a port', (n: number) => `203.0.113.20:${n}`],
    ['of IPv6 with a port', (n: number) => `[2001:db8:1:2::${n}]:443`],
    ['of 6to4', (n: number) => `2002:cb00:7115::${n}`],
    ['before a trusted hop with a port', (n: number) => `203.0.113.22, 127.0.0.1:${n}`],
    ['that is no address', (n: number) => `word ${n}`],
  ])('ends after ten tries from a forwarded address %s', async (_kind, spell) => {
    const statuses = []
    for (let n = 1; n <= 11; n += 1) statuses.push((await from(spell(n), 'wrong')).statusCode)
    expect(statuses).toEqual([...Array<number>(10).fill(401), 429])
    const ips = new Set(board.logged('login failed').map((entry) => JSON.stringify(entry)))
    expect(JSON.stringify([...ips])).not.toContain('word')
  })

  it('is not counted for requests without a password or with the correct one', async () => {
    for (let i = 0; i < 20; i += 1)
      await board.app.inject({ url: '/', headers: { 'x-forwarded-for': '203.0.113.9' } })
    for (let i = 0; i < 20; i += 1) await from('203.0.113.9', reader.password)
    expect((await from('203.0.113.9', reader.password)).statusCode).toBe(200)
  })
})

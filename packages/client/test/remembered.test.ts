import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { createSmsCodes } from '@sms-codes/client'
import { leftOf } from '@sms-codes/core/test/left-of'
import { aStorage } from './a-storage.ts'
import { aMobile, startOnApi, wrong, type OnApi } from './on-api.ts'

let api: OnApi
beforeAll(async () => {
  api = await startOnApi()
})
afterAll(() => api.stop())
afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

describe('the last send', () => {
  it('survives a reload with its number, and its code can be verified then', async () => {
    const storage = aStorage()
    const { one, code } = await api.sent({ storage })
    const reloaded = api.client({ storage })
    expect(reloaded.last()).toEqual(one.last())
    expect(await reloaded.status()).toMatchObject({ ok: true, status: 'queued', sends: 1, channel: 'sms' })
    const requestId = one.last()?.requestId
    expect(await reloaded.verify({ code })).toMatchObject({ ok: true, requestId })
  })

  it('is over when its code has been verified, but its number waits on, also after a reload', async () => {
    const storage = aStorage()
    const { one, code } = await api.sent({ storage })
    const { mobile } = one.last() ?? { mobile: '' }
    expect(await one.verify({ code })).toMatchObject({ ok: true, mobile })
    const reloaded = api.client({ storage })
    for (const client of [one, reloaded]) {
      expect(client.last()).toBeNull()
      const ticks: [number, string][] = []
      client.countdown((...call) => ticks.push(call))()
      expect(ticks).toEqual([[leftOf(60), mobile]])
    }
    vi.setSystemTime(Date.now() + 61_000)
    expect(api.client({ storage }).last()).toBeNull()
    expect(storage.items.size).toBe(0)
  })

  it('does not come back after its verification, when the number is throttled', async () => {
    const storage = aStorage()
    const { one, code } = await api.sent({ storage })
    const { mobile } = one.last() ?? { mobile: '' }
    await one.verify({ code })
    expect(await api.send(one, mobile)).toMatchObject({ reason: 'throttled' })
    expect(api.client({ storage }).last()).toMatchObject({ mobile, requestId: '', hasEnded: false })
  })

  it('is the throttled number without a send, until the wait is over', async () => {
    const storage = aStorage()
    const { one } = await api.sent()
    const { mobile } = one.last() ?? { mobile: '' }
    const other = api.client({ storage })
    expect(await api.send(other, mobile)).toMatchObject({ reason: 'throttled' })
    expect(api.client({ storage }).last()).toMatchObject({ mobile, requestId: '' })
    vi.setSystemTime(Date.now() + 61_000)
    expect(api.client({ storage }).last()).toBeNull()
  })

  it('is seen at once by the other clients of its scene, whose countdowns begin', async () => {
    const storage = aStorage()
    const other = api.client({ storage })
    const ticks: number[] = []
    const stop = other.countdown((left) => ticks.push(left))
    const { one, code } = await api.sent({ storage })
    expect(other.last()).toEqual(one.last())
    expect(ticks.slice(0, 2)).toEqual([0, 60])
    stop()
    expect(await other.verify({ code })).toMatchObject({ ok: true })
    expect(one.last()).toBeNull()
  })

  it('of a number that was sent to in the meantime is not over', async () => {
    const { one, code } = await api.sent()
    const { mobile } = one.last() ?? { mobile: '' }
    const next = aMobile()
    await api.send(one, next)
    expect(await one.verify({ code, mobile })).toMatchObject({ ok: true, mobile })
    expect(one.last()?.mobile).toBe(next)
  })

  it('has ended after five wrong codes, also after a reload, although its status does not tell it', async () => {
    const storage = aStorage()
    const { one, code } = await api.sent({ storage })
    for (let i = 0; i < 5; i++) {
      expect(one.last()).toMatchObject({ hasEnded: false })
      await one.verify({ code: wrong(code) })
    }
    expect(one.last()).toMatchObject({ hasEnded: true })
    const reloaded = api.client({ storage })
    expect(reloaded.last()).toEqual(one.last())
    expect(await reloaded.status()).toMatchObject({ ok: true, status: 'queued' })
    expect(reloaded.last()).toMatchObject({ hasEnded: true })
    expect(await api.send(reloaded)).toMatchObject({ ok: true })
    expect(reloaded.last()).toMatchObject({ hasEnded: false })
    expect(api.client({ storage }).last()).toMatchObject({ hasEnded: false })
  })

  it('belongs to the name of the client', async () => {
    const storage = aStorage()
    const { one } = await api.sent({ storage, name: 'one' })
    const { one: two } = await api.sent({ storage, name: 'two' })
    expect(api.client({ storage, name: 'one' }).last()).toEqual(one.last())
    expect(api.client({ storage, name: 'two' }).last()).toEqual(two.last())
    expect(api.client({ storage }).last()).toBeNull()
  })

  it('is removed from the storage when its code has expired and the wait is over', async () => {
    const storage = aStorage()
    const { one } = await api.sent({ storage })
    vi.setSystemTime(Date.now() + 290_000)
    expect(api.client({ storage }).last()).toEqual(one.last())
    vi.setSystemTime(Date.now() + 11_000)
    expect(api.client({ storage }).last()).toBeNull()
    expect(storage.items.size).toBe(0)
  })

  it('never brings a code or a receipt into the storage', async () => {
    const storage = aStorage()
    const writes: string[] = []
    const watched = { ...storage, setItem: (_key: string, value: string) => void writes.push(value) }
    const { one, code } = await api.sent({ storage: watched })
    const verified = await one.verify({ code })
    expect(writes.length).toBeGreaterThan(0)
    // Compared as a whole number, because its digits may occur in a stored time.
    expect(writes.join().split(/[^0-9]+/)).not.toContain(code)
    expect(writes.join()).not.toContain(verified.ok ? verified.receipt : code)
  })

  it.each(['{', 'null', '[]', '{"mobile":1}'])('ignores the stored text %s', (text) => {
    const one = api.client({ storage: { ...aStorage(), getItem: () => text } })
    expect(one.last()).toBeNull()
  })
})

describe('a browser without a storage', () => {
  it('whose storage throws at every access, as with blocked cookies, still sends and counts down', async () => {
    const fail = () => {
      throw new Error('The operation is insecure.')
    }
    const { one, code } = await api.sent({ storage: { getItem: fail, setItem: fail, removeItem: fail } })
    const ticks: number[] = []
    one.countdown((left) => ticks.push(left))()
    expect(ticks).toEqual([leftOf(60)])
    expect(await one.verify({ code })).toMatchObject({ ok: true })
  })

  it('that is full since an earlier send remembers the later send', async () => {
    const storage = aStorage()
    await api.sent({ storage })
    const one = api.client({
      storage: {
        ...storage,
        setItem: () => {
          throw new Error('The quota has been exceeded.')
        },
      },
    })
    const mobile = aMobile()
    const sent = await api.send(one, mobile)
    expect(one.last()).toMatchObject({ mobile, requestId: sent.ok ? sent.requestId : 'none' })
  })

  it('whose `sessionStorage` itself throws creates a client', () => {
    vi.stubGlobal('window', {
      get sessionStorage() {
        throw new Error('Access is denied for this document.')
      },
    })
    expect(createSmsCodes({ baseUrl: api.baseUrl }).last()).toBeNull()
  })
})

it('a server keeps the last send of one user from another, although it has a `sessionStorage`', async () => {
  vi.stubGlobal('sessionStorage', aStorage())
  const options = { baseUrl: api.baseUrl }
  const one = createSmsCodes(options)
  await api.send(one, aMobile())
  expect(one.last()).not.toBeNull()
  expect(createSmsCodes(options).last()).toBeNull()
})

it('a page uses the storage of its tab', async () => {
  const sessionStorage = aStorage()
  vi.stubGlobal('window', { sessionStorage })
  const one = createSmsCodes({ baseUrl: api.baseUrl })
  await api.send(one, aMobile())
  expect(createSmsCodes({ baseUrl: api.baseUrl }).last()).toEqual(one.last())
})

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createSmsCodes, type Options } from '@sms-codes/client'
import { aStorage } from './a-storage.ts'

const SENT = { request_id: 'r', resend_after: 3, expires_in: 300 }
const request = { mobile: '13800138000', imageCode: 'AB3D' }

beforeEach(() =>
  vi.useFakeTimers({ now: 1_700_000_000_000, toFake: ['Date', 'performance', 'setTimeout', 'clearTimeout'] }),
)
afterEach(() => vi.useRealTimers())

/** A client whose calls get these answers. */
function clientOf(answers: [status: number, body: object][], options: Partial<Options> = {}) {
  const left = [...answers]
  const fetchNext: typeof fetch = async () => {
    const [status, body] = left.shift() ?? [500, {}]
    return Response.json(body, { status })
  }
  return createSmsCodes({ baseUrl: '', fetch: fetchNext, storage: null, ...options })
}

/** The seconds that a listener gets. */
function listen(one: ReturnType<typeof clientOf>) {
  const ticks: number[] = []
  const stop = one.countdown((left) => ticks.push(left))
  return { ticks, stop }
}

describe('a countdown', () => {
  it('calls at once, and each second down to 0 after a send', async () => {
    const one = clientOf([[202, SENT]])
    const { ticks } = listen(one)
    expect(ticks).toEqual([0])
    await one.send(request)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(ticks).toEqual([0, 3, 2, 1, 0])
  })

  it('begins before the caller of the send goes on', async () => {
    const one = clientOf([[202, SENT]])
    const { ticks } = listen(one)
    await one.send(request)
    expect(ticks).toEqual([0, 3])
  })

  it('starts again after a refusal that names the time to wait, but not after a verify that does', async () => {
    const throttled = { code: '4002', errmsg: '', retry_after: 2 }
    const one = clientOf([
      [429, throttled],
      [429, throttled],
    ])
    const { ticks } = listen(one)
    await one.verify({ code: '123456', mobile: '13800138000' })
    expect(ticks).toEqual([0])
    await one.send(request)
    await vi.advanceTimersByTimeAsync(5_000)
    expect(ticks).toEqual([0, 2, 1, 0])
  })

  it('keeps its time after a refusal without one', async () => {
    const one = clientOf([
      [202, SENT],
      [400, { code: '4001', errmsg: '' }],
    ])
    await one.send(request)
    await one.send(request)
    expect(listen(one).ticks).toEqual([3])
  })

  it('goes on when its message has failed but counts against the limits', async () => {
    const one = clientOf([
      [202, SENT],
      [200, { status: 'failed', channel: 'sms', sends: 1, counts: true, times: {} }],
    ])
    const { ticks } = listen(one)
    await one.send(request)
    expect(await one.status()).toMatchObject({ status: 'failed', counts: true })
    await vi.advanceTimersByTimeAsync(1_000)
    expect(ticks).toEqual([0, 3, 2])
  })

  it('ends when its message has failed and does not count', async () => {
    const one = clientOf([
      [202, SENT],
      [200, { status: 'failed', channel: 'sms', sends: 1, counts: false, times: {} }],
    ])
    const { ticks } = listen(one)
    await one.send(request)
    await one.status()
    expect(ticks).toEqual([0, 3, 0])
  })

  it('calls a listener no more that has stopped it, also within a call', async () => {
    const one = clientOf([
      [202, SENT],
      [202, SENT],
    ])
    const { ticks, stop } = listen(one)
    const inside: number[] = []
    const stopInside = one.countdown((left) => {
      inside.push(left)
      if (left === 2) stopInside()
    })
    await one.send(request)
    stop()
    await vi.advanceTimersByTimeAsync(5_000)
    await one.send(request)
    expect([ticks, inside]).toEqual([
      [0, 3],
      [0, 3, 2],
    ])
  })

  it('survives a reload, and a clock that is set back meanwhile', async () => {
    const storage = aStorage()
    const one = clientOf([[202, SENT]], { storage })
    await one.send(request)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(listen(clientOf([], { storage })).ticks).toEqual([2])
    vi.setSystemTime(Date.now() - 3_600_000)
    expect(listen(clientOf([], { storage })).ticks).toEqual([3])
    expect(listen(one).ticks).toEqual([2])
  })

  it('counts on while the clock is set back', async () => {
    const one = clientOf([[202, SENT]])
    const { ticks } = listen(one)
    await one.send(request)
    vi.setSystemTime(Date.now() - 3_600_000)
    await vi.advanceTimersByTimeAsync(4_000)
    expect(ticks).toEqual([0, 3, 2, 1, 0])
  })

  it('does not count the sleep of a device twice', async () => {
    const one = clientOf([[202, SENT]])
    const { ticks } = listen(one)
    await one.send(request)
    // The clock of the page stands still while the device sleeps.
    vi.setSystemTime(Date.now() + 60_000)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(ticks).toEqual([0, 3, 0])
  })

  it('tells the number that waits, also after a reload: that of the last send or of the last throttled one', async () => {
    const storage = aStorage()
    const one = clientOf(
      [
        [202, SENT],
        [429, { code: '4002', errmsg: '', retry_after: 3_180 }],
        [200, { status: 'failed', channel: 'sms', sends: 1, counts: false, times: {} }],
      ],
      { storage },
    )
    const callsOf = (from: typeof one) => {
      const calls: [number, string][] = []
      from.countdown((left, mobile) => calls.push([left, mobile]))()
      return calls
    }
    expect(callsOf(one)).toEqual([[0, '']])
    await one.send(request)
    expect(callsOf(clientOf([], { storage }))).toEqual([[3, '13800138000']])
    await one.send({ ...request, mobile: '+86 139 0013 9000' })
    // The failure of the first message does not end the wait of the other number.
    await one.status()
    expect(callsOf(one)).toEqual([[3_180, '13900139000']])
    expect(callsOf(clientOf([], { storage }))).toEqual([[3_180, '13900139000']])
    expect(clientOf([], { storage }).last()?.mobile).toBe('13800138000')
  })

  it('belongs to one scene', async () => {
    const storage = aStorage()
    const one = clientOf([[202, SENT]], { storage })
    const other = clientOf([[202, { ...SENT, resend_after: 9 }]], { storage, scene: 'login' })
    await one.send(request)
    await other.send({ ...request, mobile: '13900139000' })
    expect([listen(one).ticks, listen(other).ticks]).toEqual([[3], [9]])
    expect(one.last()?.mobile).toBe('13800138000')
    expect(clientOf([], { storage, scene: 'login' }).last()?.mobile).toBe('13900139000')
  })
})

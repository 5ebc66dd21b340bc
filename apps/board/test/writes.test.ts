import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { QUEUE_PREFIX } from '@sms-codes/core/queues'
import { credentials, fill, startBoard, type Board } from './board.ts'

const NEVER =
  /\/(add|obliterate|update-data|delay|priority|remove-unprocessed-children)$|\/job-schedulers\/:schedulerId/
const payload = { concurrency: 5, max: 10, duration: 1_000, name: 'send', data: {}, delay: 1, priority: 1 }
const params = { queueName: 'sms', jobId: 'job', queueStatus: 'failed' }
const foreign = [
  { origin: 'https://evil.example' },
  { origin: 'null' },
  { origin: 'http://localhost:80.evil.example' },
  { 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'same-site', origin: 'http://localhost:80' },
  { 'sec-fetch-site': 'none' },
]
const own = [{}, { origin: 'http://localhost:80' }, { 'sec-fetch-site': 'same-origin' }]

let board: Board
let readOnly: Board
let redis: Redis
let queue: Queue
beforeAll(async () => {
  board = await startBoard({ writable: true })
  readOnly = await startBoard({ server: board.server })
  redis = new Redis(board.server.url)
  queue = new Queue('sms', { connection: redis, prefix: QUEUE_PREFIX })
})
beforeEach(() => queue.add('send', { rid: 'x' }, { jobId: 'job', delay: 3_600_000 }))
afterEach(() => redis.flushall())
afterAll(async () => {
  await queue.close()
  redis.disconnect()
  await readOnly.close()
  await board.close()
})

const writesOf = (of: Board) => of.routes().filter(({ method }) => method !== 'GET' && method !== 'HEAD')
const snapshot = async () => {
  const keys = (await redis.keys('*')).toSorted()
  return Promise.all(keys.map(async (key) => [key, (await redis.dumpBuffer(key)).toString('base64')]))
}

describe('a read-only board', () => {
  it('refuses every write with 405 and changes nothing', async () => {
    const before = await snapshot()
    const writes = writesOf(readOnly)
    expect(writes.length).toBeGreaterThan(20)
    for (const { method, url } of [...writes, { method: 'DELETE' as const, url: '/nope' }]) {
      const reply = await readOnly.ask({ method, url: fill(url, params), payload })
      expect(reply.statusCode, `${method} ${url}`).toBe(405)
    }
    expect(readOnly.logged('board write')).toEqual([])
    expect(await snapshot()).toEqual(before)
  })

  it('tells its page to show no buttons', async () => {
    const queuesOf = async (of: Board) =>
      (await of.ask({ url: '/api/queues' })).json<{ queues: { readOnlyMode: boolean }[] }>().queues
    expect((await queuesOf(readOnly)).map(({ readOnlyMode }) => readOnlyMode)).toEqual([true, true])
    expect((await queuesOf(board)).map(({ readOnlyMode }) => readOnlyMode)).toEqual([false, false])
  })

  it('writes nothing by being opened or looked at', async () => {
    await redis.flushall()
    const another = await startBoard({ server: board.server })
    for (const { method, url } of another.routes())
      if (method === 'GET') await another.ask({ url: fill(url, params) })
    await another.close()
    expect(await redis.keys('*')).toEqual([])
  })
})

describe('a writable board', () => {
  it('offers what does not add, edit or obliterate, with one audit line each', async () => {
    const writes = writesOf(board).filter(({ url }) => !NEVER.test(url))
    expect(writes.length).toBeGreaterThan(10)
    for (const { method, url } of writes) {
      const before = board.logged('board write').length
      const reply = await board.ask({ method, url: fill(url, params), payload })
      expect([403, 404, 405], `${method} ${url}`).not.toContain(reply.statusCode)
      const audit = board.logged('board write').slice(before)
      const whole = url === '/api/queues/pause' || url === '/api/queues/resume'
      expect(audit).toEqual([
        expect.objectContaining({ method, route: url, queue: whole ? 'all' : 'sms', user: credentials.user }),
      ])
      await redis.flushall()
      await queue.add('send', { rid: 'x' }, { jobId: 'job', delay: 3_600_000 })
    }
  })

  it('never adds, edits or obliterates', async () => {
    const writes = writesOf(board).filter(({ url }) => NEVER.test(url))
    expect(writes.length).toBeGreaterThan(6)
    const before = [await snapshot(), board.logged('board write').length]
    for (const { method, url } of writes) {
      const reply = await board.ask({ method, url: fill(url, params), payload })
      expect(reply.statusCode, `${method} ${url}`).toBe(403)
    }
    expect([await snapshot(), board.logged('board write').length]).toEqual(before)
  })

  it('does what it was asked: promote, pause, resume, clean', async () => {
    const put = async (path: string) => (await board.ask({ method: 'PUT', url: path })).statusCode
    expect(await put('/api/queues/sms/job/promote')).toBeLessThan(300)
    expect(await queue.getJobState('job')).toBe('waiting')
    expect(await put('/api/queues/sms/pause')).toBe(200)
    expect(await queue.isPaused()).toBe(true)
    expect(await put('/api/queues/resume')).toBe(200)
    expect(await queue.isPaused()).toBe(false)
    expect(await put('/api/queues/sms/job/clean')).toBeLessThan(300)
    expect(await queue.getJob('job')).toBeUndefined()
  })

  it.each(foreign)('refuses a write that another site sent: %j', async (headers) => {
    const audit = board.logged('board write').length
    for (const { method, url } of writesOf(board)) {
      const reply = await board.ask({ method, url: fill(url, params), headers, payload })
      expect(reply.statusCode, `${method} ${url}`).toBe(403)
    }
    expect(board.logged('board write')).toHaveLength(audit)
    expect(await queue.getJobState('job')).toBe('delayed')
  })

  it.each(own)('takes a write of its own page or of a program: %j', async (headers) => {
    const reply = await board.ask({ method: 'PUT', url: '/api/queues/sms/pause', headers })
    expect(reply.statusCode).toBe(200)
    expect(await queue.isPaused()).toBe(true)
  })

  it('writes down neither the job nor a queue that does not exist', async () => {
    await board.ask({ method: 'PUT', url: '/api/queues/13912345678/987654/retry' })
    expect(board.logged('board write').at(-1)).toMatchObject({ queue: 'unknown' })
    expect(board.log()).not.toMatch(/13912345678|987654/)
  })
})

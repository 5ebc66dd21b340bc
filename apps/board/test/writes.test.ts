import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { QUEUE_PREFIX } from '@sms-codes/core/queues/queue-options'
import { fill, startBoard, writer, type Board } from './board.ts'

const NEVER =
  /\/(add|obliterate|empty|:jobId\/clean|update-data|delay|priority|remove-unprocessed-children|concurrency|rate-limit|release)$|\/job-schedulers\/:schedulerId/
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

/** The search for messages is a POST that writes nothing (search.test.ts). */
const writesOf = (of: Board) =>
  of.routes().filter(({ method, url }) => method !== 'GET' && method !== 'HEAD' && url !== '/messages/search')
const snapshot = async () => {
  const keys = (await redis.keys('*')).toSorted()
  return Promise.all(keys.map(async (key) => [key, (await redis.dumpBuffer(key)).toString('base64')]))
}
const auditStream = async () =>
  (await redis.xrange('sms:{gate}:audit', '-', '+')).map(([, fields]) =>
    Object.fromEntries(fields.flatMap((name, at) => (at % 2 === 0 ? [[name, fields[at + 1]]] : []))),
  )

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

  it('tells the page of an operator who may not write to show no buttons', async () => {
    const buttonsOf = async (asking: Board['ask']) => {
      const { queues } = (await asking({ url: '/api/queues' })).json<{ queues: Record<string, unknown>[] }>()
      return queues.map(({ name, readOnlyMode, allowRetries, allowCompletedRetries }) => [
        name,
        readOnlyMode === false && allowRetries === true && allowCompletedRetries === true,
        readOnlyMode === true && allowRetries === false && allowCompletedRetries === false,
      ])
    }
    const none = ['sms', 'email', 'events'].map((name) => [name, false, true])
    const all = ['sms', 'email', 'events'].map((name) => [name, true, false])
    expect(await buttonsOf(readOnly.ask)).toEqual(none)
    expect(await buttonsOf(board.ask)).toEqual(none)
    expect(await buttonsOf(board.askToWrite)).toEqual(all)
  })

  it('writes nothing to Redis when it is opened or read', async () => {
    await redis.flushall()
    const another = await startBoard({ server: board.server })
    for (const { method, url } of another.routes())
      if (method === 'GET') await another.ask({ url: fill(url, params) })
    await another.close()
    expect(await redis.keys('*')).toEqual([])
  })
})

describe('a writable board', () => {
  it('allows every write that does not add, edit, remove or rate-limit, with one log line each', async () => {
    const writes = writesOf(board).filter(({ url }) => !NEVER.test(url))
    expect(writes).toHaveLength(9)
    for (const { method, url } of writes) {
      const before = board.logged('board write').length
      const reply = await board.askToWrite({ method, url: fill(url, params), payload })
      expect([403, 404, 405], `${method} ${url}`).not.toContain(reply.statusCode)
      const audit = board.logged('board write').slice(before)
      const whole = url === '/api/queues/pause' || url === '/api/queues/resume'
      expect(audit).toEqual([
        expect.objectContaining({ method, route: url, queue: whole ? 'all' : 'sms', user: writer.user }),
      ])
      await redis.flushall()
      await queue.add('send', { rid: 'x' }, { jobId: 'job', delay: 3_600_000 })
    }
  })

  it('refuses to add, edit, remove or rate-limit', async () => {
    const writes = writesOf(board).filter(({ url }) => NEVER.test(url))
    expect(writes.length).toBeGreaterThan(6)
    const before = [await snapshot(), board.logged('board write').length]
    for (const { method, url } of writes) {
      const reply = await board.askToWrite({ method, url: fill(url, params), payload })
      expect(reply.statusCode, `${method} ${url}`).toBe(403)
    }
    expect([await snapshot(), board.logged('board write').length]).toEqual(before)
  })

  it('removes no message that waits, runs or is delayed, but cleans ended jobs', async () => {
    const put = async (path: string) => (await board.askToWrite({ method: 'PUT', url: path })).statusCode
    await queue.add('send', { rid: 'x' }, { jobId: 'waits' })
    await queue.add('send', { rid: 'x' }, { jobId: 'runs', lifo: true })
    await redis.rpoplpush(queue.toKey('wait'), queue.toKey('active'))
    await queue.add('send', { rid: 'x' }, { jobId: 'ended' })
    await redis.lrem(queue.toKey('wait'), 0, 'ended')
    await redis.zadd(queue.toKey('failed'), 1, 'ended')
    const jobs = ['waits', 'runs', 'job', 'ended']
    const statuses = [
      'wait',
      'waiting',
      'active',
      'delayed',
      'paused',
      'prioritized',
      'waiting-children',
      'latest',
    ]
    const removals = [
      ...jobs.map((job) => `${job}/clean`),
      ...statuses.map((status) => `clean/${status}`),
      'empty',
      'obliterate',
    ]
    const answers: Record<string, number> = {}
    for (const removal of removals) answers[removal] = await put(`/api/queues/sms/${removal}`)
    expect(answers).toEqual(Object.fromEntries(removals.map((removal) => [removal, 403])))
    const states = () => Promise.all(jobs.map((job) => queue.getJobState(job)))
    expect(await states()).toEqual(['waiting', 'active', 'delayed', 'failed'])
    expect(await put('/api/queues/sms/clean/failed')).toBe(200)
    expect(await states()).toEqual(['waiting', 'active', 'delayed', 'unknown'])
  })

  it('promotes, pauses and resumes', async () => {
    const put = async (path: string) => (await board.askToWrite({ method: 'PUT', url: path })).statusCode
    expect(await put('/api/queues/sms/job/promote')).toBeLessThan(300)
    expect(await queue.getJobState('job')).toBe('waiting')
    expect(await put('/api/queues/sms/pause')).toBe(200)
    expect(await queue.isPaused()).toBe(true)
    expect(await put('/api/queues/resume')).toBe(200)
    expect(await queue.isPaused()).toBe(false)
  })

  it.each(foreign)('refuses a write of another site: %j', async (headers) => {
    const audit = board.logged('board write').length
    for (const { method, url } of writesOf(board)) {
      const reply = await board.askToWrite({ method, url: fill(url, params), headers, payload })
      expect(reply.statusCode, `${method} ${url}`).toBe(403)
    }
    expect(board.logged('board write')).toHaveLength(audit)
    expect(await queue.getJobState('job')).toBe('delayed')
  })

  it.each(own)('accepts a write of its own page or of a program: %j', async (headers) => {
    const reply = await board.askToWrite({ method: 'PUT', url: '/api/queues/sms/pause', headers })
    expect(reply.statusCode).toBe(200)
    expect(await queue.isPaused()).toBe(true)
  })

  it('records operator, route and job of a write in Redis before it runs, and its result in the log', async () => {
    const rid = 'Ab3_9xQw-zKp0LmN4tRs2v.Qm7Yd_k2LsXz-91aQm7Yd_'
    await queue.add('send', { rid }, { jobId: `${rid}.1`, delay: 3_600_000 })
    const url = `/api/queues/sms/${rid}.1`
    await board.askToWrite({ method: 'PUT', url: `${url}/retry` })
    await board.askToWrite({ method: 'PUT', url: `${url}/promote` })
    await board.askToWrite({ method: 'PUT', url: '/api/queues/sms/clean/failed' })
    const common = { user: 'writer', method: 'PUT', queue: 'sms' }
    const route = (end: string) => `/api/queues/:queueName/${end}`
    const job = { ...common, job: `${rid}.1` }
    const writes = [
      { ...job, route: route(':jobId/retry') },
      { ...job, route: route(':jobId/promote') },
      { ...common, jobs: 'failed', route: route('clean/:queueStatus') },
    ]
    expect((await auditStream()).slice(-3)).toEqual(
      writes.map((write) => ({ what: 'board write', ...write })),
    )
    expect(board.logged('board write').slice(-3)).toMatchObject([
      { ...writes[0], status: 400, result: 'failed' },
      { ...writes[1], status: 204, result: 'done' },
      { ...writes[2], status: 200, result: 'done' },
    ])
  })

  it('refuses a write that it cannot record', async () => {
    await redis.set('sms:{gate}:audit', 'no stream')
    const reply = await board.askToWrite({ method: 'PUT', url: '/api/queues/sms/pause' })
    expect(reply.statusCode).toBe(503)
    expect(await queue.isPaused()).toBe(false)
  })

  it('stays read-only for the operator who reads', async () => {
    const before = await snapshot()
    for (const { method, url } of writesOf(board)) {
      const reply = await board.ask({ method, url: fill(url, params), payload })
      expect(reply.statusCode, `${method} ${url}`).toBe(405)
    }
    expect(board.logged('board write refused').at(-1)).toMatchObject({ user: 'operator', why: 'read-only' })
    expect(await snapshot()).toEqual(before)
  })

  it('records neither an unknown job id nor an unknown queue name', async () => {
    for (const url of ['/13912345678/987654/retry', '/sms/x987654/retry', '/sms/retry/987654'])
      await board.askToWrite({ method: 'PUT', url: `/api/queues${url}` })
    expect(board.logged('board write').slice(-3)).toMatchObject([
      { queue: 'unknown', job: 'other' },
      { queue: 'sms', job: 'other' },
      { queue: 'sms', jobs: 'other' },
    ])
    expect(board.log() + JSON.stringify(await auditStream())).not.toMatch(/13912345678|987654/)
  })
})

import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import type { InjectOptions } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { QUEUE_PREFIX } from '@sms-codes/core/queues/queue-options'
import { OTHERS, ROUTES } from './access-table.ts'
import { basic, fill, reader, startBoard, writer, type Board } from './board.ts'

const payload = { concurrency: 5, max: 10, duration: 1_000, name: 'send', data: {}, delay: 1, priority: 1 }
const params = { queueName: 'sms', jobId: 'job', queueStatus: 'failed' }
const visitors = {
  anonymous: {},
  stranger: { authorization: basic(reader.user, 'not the password') },
  reader: { authorization: basic(reader.user, reader.password) },
  writer: { authorization: basic(writer.user, writer.password) },
}

let board: Board
let redis: Redis
let queue: Queue
beforeAll(async () => {
  board = await startBoard({ writable: true })
  redis = new Redis(board.server.url)
  queue = new Queue('sms', { connection: redis, prefix: QUEUE_PREFIX })
})
afterAll(async () => {
  await queue.close()
  redis.disconnect()
  await board.close()
})

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const
function methodOf(text: string): (typeof METHODS)[number] {
  const method = METHODS.find((name) => name === text)
  if (method === undefined) throw new Error(`${text} is not in METHODS`)
  return method
}

/** Each request has its own client address, so that wrong passwords do not add up. */
let asked = 0
async function ask(method: string, url: string, headers: NonNullable<InjectOptions['headers']>) {
  await redis.flushall()
  await queue.add('send', { rid: 'x' }, { jobId: 'job', delay: 3_600_000 })
  asked += 1
  return board.app.inject({
    method: methodOf(method),
    url: fill(url, params),
    headers,
    remoteAddress: `10.0.${asked >> 8}.${asked & 255}`,
    ...(method === 'GET' || method === 'HEAD' ? {} : { payload }),
  })
}

describe('the table of access rules', () => {
  it('lists every route of the board', () => {
    const known = board.routes().map(({ method, url }) => `${method} ${url}`)
    expect(ROUTES.map(({ method, url }) => `${method} ${url}`).toSorted()).toEqual(known.toSorted())
    for (const { method, url } of board.routes())
      expect(board.app.hasRoute({ method, url }), `${method} ${url}`).toBe(true)
  })

  it.each([...ROUTES, ...OTHERS])('$method $url: $statuses', async ({ method, url, statuses }) => {
    const answers: number[] = []
    for (const headers of Object.values(visitors)) answers.push((await ask(method, url, headers)).statusCode)
    expect(answers).toEqual(statuses)
  })
})

const UNAUTHORIZED = '{"error":"unauthorized"}'
const refused = {
  'no credentials': undefined,
  'a wrong password': basic(reader.user, `${reader.password}!`),
  'a wrong name': basic('root', reader.password),
  'the name of one and the password of another': basic(reader.user, writer.password),
  'an empty password': basic(reader.user, ''),
  'no password': `Basic ${Buffer.from(reader.user).toString('base64')}`,
  'another scheme': `Bearer ${reader.password}`,
  garbage: 'Basic ?',
}

describe('a visitor without a login', () => {
  it.each(Object.entries(refused))(
    'with %s gets the same answer for every path',
    async (_, authorization) => {
      const headers = authorization === undefined ? {} : { authorization }
      const seen = new Set<string>()
      for (const { method, url } of [...ROUTES, ...OTHERS]) {
        if (/^(GET|HEAD)$/.test(method) && /^\/(livez|readyz)$/.test(url)) continue
        const reply = await ask(method, url, headers)
        // Only the answer to a HEAD has no body.
        const body = method === 'HEAD' ? reply.body + UNAUTHORIZED : reply.body
        seen.add(`${reply.statusCode} ${String(reply.headers['www-authenticate'])} ${body}`)
      }
      expect([...seen]).toEqual([`401 Basic realm="sms-codes board", charset="UTF-8" ${UNAUTHORIZED}`])
    },
  )

  it('changes nothing by any request', async () => {
    await redis.flushall()
    const writes = ROUTES.filter(({ method }) => method !== 'GET')
    for (const { method, url } of writes)
      await board.app.inject({ method: methodOf(method), url: fill(url, params), payload })
    expect(await redis.keys('*')).toEqual([])
  })
})

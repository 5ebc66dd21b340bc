import { Queue, Worker } from 'bullmq'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createLogger } from '@sms-codes/core/logger'
import { QUEUE_PREFIX } from '@sms-codes/core/queues/queue-options'
import { connectRedis } from '@sms-codes/core/redis/connect'
import { fill, startBoard, type Board } from './board.ts'

const MOBILE = '13912345678'
const CODE = '987654'
/** The longest codes. */
const LONG_CODES = ['987654321', '9876543210']
const LEAK = `${CODE} went to ${MOBILE}`
/** Other spellings, for fields that a processor fills freely. */
const TEXT = `${LEAK}; SMS${CODE}x, 139 1234 5678, 139-1234-5678; ${LONG_CODES.join('; ')}`
const MASKED = '****** went to 139****5678'
const MASKED_TEXT = `${MASKED}; SMS******x, 139****5678, 139****5678; ******; ******`
const SECRETS = [MOBILE, CODE, ...LONG_CODES, '139 1234 5678', '139-1234-5678', encodeURIComponent(LEAK)]
const rid = 'Ab3_9xQw-zKp0LmN4tRs2v.Qm7Yd_k2LsXz-91a'
const data = {
  v: 1,
  rid,
  scene: 'login',
  n: 1,
  to: MOBILE,
  code: CODE,
  bare: [Number(CODE), Number(MOBILE)],
  [MOBILE]: { [CODE]: LEAK },
}
const ids = { failed: `${rid}.1`, completed: `${rid}.2`, delayed: `${rid}.3` }
const someTime: unknown = expect.any(Number)
const QUEUES = ['sms', 'email', 'events']

let board: Board
beforeAll(async () => {
  board = await startBoard({ writable: true })
  for (const name of QUEUES) await leakEverywhere(name)
})
afterAll(() => board.close())

/** Acts like the worst bug: puts the number and the code into each field that BullMQ keeps of a job. */
async function leakEverywhere(name: string): Promise<void> {
  const connection = connectRedis(board.server.url, 'worker', createLogger('test', 'silent'))
  const shared = { connection, prefix: QUEUE_PREFIX }
  const queue = new Queue(name, shared)
  await queue.add(LEAK, data, { jobId: ids.failed, keepLogs: 10 })
  await queue.add(LEAK, data, { jobId: ids.completed, deduplication: { id: `d ${LEAK}` } })
  await queue.add(LEAK, data, { jobId: ids.delayed, delay: 3_600_000 })
  await queue.upsertJobScheduler(`s ${LEAK}`, { every: 3_600_000 }, { name: LEAK, data })
  const worker = new Worker(
    name,
    async (job) => {
      await job.log(TEXT)
      await job.updateProgress(
        job.id === ids.failed ? Number(CODE) : { note: TEXT, code: Number(CODE), [TEXT]: [TEXT] },
      )
      if (job.id === ids.failed) throw new Error(TEXT)
      return { text: TEXT, code: Number(CODE) }
    },
    { ...shared, name: LEAK },
  )
  const states = async () => [await queue.getJobState(ids.failed), await queue.getJobState(ids.completed)]
  await vi.waitFor(async () => expect(await states()).toEqual(['failed', 'completed']), { timeout: 15_000 })
  await worker.close()
  await queue.close()
  connection.disconnect()
}

async function readAll(): Promise<Map<string, string>> {
  const answers = new Map<string, string>()
  const statuses = ['latest', 'active', 'waiting', 'completed', 'failed', 'delayed', 'prioritized']
  const jobIds = [...Object.values(ids), LEAK, MOBILE]
  const urls = new Set<string>()
  for (const { method, url } of board.routes()) {
    if (method !== 'GET') continue
    for (const queueName of QUEUES)
      for (const jobId of jobIds) urls.add(fill(url, { queueName, jobId, schedulerId: `s ${LEAK}` }))
  }
  for (const queueName of QUEUES) {
    for (const status of statuses)
      urls.add(`/api/queues?activeQueue=${queueName}&status=${status}&page=1&jobsPerPage=50`)
    urls.add(`/api/job-schedulers?queueName=${queueName}`)
  }
  for (const url of urls) {
    const reply = await board.ask({ url })
    expect(reply.statusCode, `GET ${url}`).toBeLessThan(500)
    answers.set(url, JSON.stringify(reply.headers) + reply.body)
  }
  return answers
}

/** An answer without the times in it and without the values of its metrics, which may have the digits of the code. */
const withoutFigures = (answer: string) =>
  answer.replaceAll(/\b[0-9]{13}\b/g, '').replaceAll(/(?<=^\w+\{.*\} )[0-9.e+-]+$/gm, '')

describe('a job that contains a number and a code', () => {
  it('shows neither of them in any answer of any route', async () => {
    const answers = await readAll()
    expect(answers.size).toBeGreaterThan(60)
    for (const secret of SECRETS) {
      for (const [url, answer] of answers) expect(withoutFigures(answer), `GET ${url}`).not.toContain(secret)
      expect(board.log()).not.toContain(secret)
    }
  })

  it('is still useful: the same answers have the masked text, ids and times', async () => {
    const failed = await board.ask({ url: `/api/queues/sms/${ids.failed}` })
    expect(failed.json()).toMatchObject({
      status: 'failed',
      job: {
        id: ids.failed,
        name: MASKED,
        timestamp: someTime,
        finishedOn: someTime,
        progress: '******',
        failedReason: MASKED_TEXT,
        data: { v: 1, rid, scene: 'login', n: 1, to: '139****5678', code: '[hidden]', bare: '[hidden]' },
        stacktrace: [expect.stringContaining(MASKED_TEXT)],
      },
    })
    const completed = await board.ask({ url: `/api/queues/email/${ids.completed}` })
    expect(completed.json()).toMatchObject({
      status: 'completed',
      job: { returnValue: { text: MASKED_TEXT, code: '******' } },
    })
    const logs = await board.ask({ url: `/api/queues/sms/${ids.failed}/logs` })
    expect(logs.json()).toEqual([MASKED_TEXT])
  })

  it('stays masked beside the code of a vendor in the reason of a failed send', async () => {
    const connection = connectRedis(board.server.url, 'worker', createLogger('test', 'silent'))
    const queue = new Queue('sms', { connection, prefix: QUEUE_PREFIX })
    const reasonOf = async (failedReason: string) => {
      await connection.hset(queue.toKey(ids.failed), { failedReason })
      const reply = await board.ask({ url: `/api/queues/sms/${ids.failed}` })
      return reply.json<{ job: { failedReason: string } }>().job.failedReason
    }
    expect(await reasonOf('late: ccp 160038')).toBe('late: ccp 160038')
    expect(await reasonOf(`late: ccp 160038 ${CODE}`)).toBe('late: ccp ****** ******')
    expect(await reasonOf(`late: ccp ${MOBILE}`)).toBe('late: ccp 139****5678')
    await queue.close()
    connection.disconnect()
  })

  it('stays masked in an error: BullMQ names the job that it cannot promote', async () => {
    const connection = connectRedis(board.server.url, 'worker', createLogger('test', 'silent'))
    const queue = new Queue('sms', { connection, prefix: QUEUE_PREFIX })
    const jobId = `${MOBILE}.${CODE}`
    await queue.add('send', data, { jobId })
    await queue.close()
    connection.disconnect()
    const reply = await board.askToWrite({ method: 'PUT', url: `/api/queues/sms/${jobId}/promote` })
    expect(reply.statusCode).toBe(500)
    expect(reply.body).toContain('139****5678.****** is not in the delayed state')
    expect(reply.body).not.toMatch(new RegExp(`${CODE}|${MOBILE}`))
  })
})

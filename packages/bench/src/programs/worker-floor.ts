// The floor of the worker: a BullMQ worker that makes one pooled HTTP POST for each job. The port, the address of Redis
// and the address of the gateway are its arguments. A job whose call was not accepted fails.
import { setMaxListeners } from 'node:events'
import { createServer } from 'node:http'
import { keptJobs } from '@sms-codes/core/queues/queue-options'
import { createTransport } from '@sms-codes/gateways/transport'
import { Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { FLOOR_PREFIX, FLOOR_QUEUE } from './floor.ts'

const [port, redisUrl = '', gateway = ''] = process.argv.slice(2)
const { post } = createTransport()
const { signal } = new AbortController()
// All calls listen to one signal, which never aborts.
setMaxListeners(0, signal)
const headers = { Accept: 'application/json', 'Content-Type': 'application/json;charset=utf-8' }

async function send({ data }: { data: unknown }): Promise<void> {
  const result = await post(gateway, { headers, body: JSON.stringify(data), signal })
  if (result.kind !== 'answer' || !result.body.includes('"000000"')) throw new Error('not accepted')
}

const connection = new Redis(redisUrl, { maxRetriesPerRequest: null })
const kept = keptJobs(FLOOR_QUEUE)
const worker = new Worker(FLOOR_QUEUE, send, { ...kept, connection, prefix: FLOOR_PREFIX, concurrency: 50 })
await worker.waitUntilReady()
createServer((_request, response) => response.end()).listen(Number(port), '127.0.0.1')
process.once('SIGTERM', () => process.exit())

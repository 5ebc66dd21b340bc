// The floor of a send: a Fastify route, one script (image code, throttle, code record) and one BullMQ job. The port and
// the address of Redis are its arguments.
import { createHmac, randomBytes, randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Type } from '@sinclair/typebox'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { Queue } from 'bullmq'
import Fastify from 'fastify'
import { Redis } from 'ioredis'
import { FLOOR_JOB, FLOOR_PREFIX, FLOOR_QUEUE } from './floor.ts'

const [port, redisUrl = ''] = process.argv.slice(2)
const key = randomBytes(32)
const redis = new Redis(redisUrl)
const lua = readFileSync(new URL('./send-floor.lua', import.meta.url), 'utf8')
const sha = await redis.script('LOAD', lua)
const queue = new Queue(FLOOR_QUEUE, {
  connection: redis,
  prefix: FLOOR_PREFIX,
  defaultJobOptions: FLOOR_JOB,
  streams: { events: { maxLen: 1_000 } },
})
await queue.waitUntilReady()

const app = Fastify().withTypeProvider<TypeBoxTypeProvider>()
const schema = {
  params: Type.Object({ mobile: Type.String({ pattern: '^1[3-9][0-9]{9}$' }) }),
  querystring: Type.Object({ image_code: Type.String(), uuid: Type.String() }),
  response: {
    200: Type.Object({ code: Type.String(), errmsg: Type.String(), request_id: Type.String() }),
  },
}
app.get('/sms_codes/:mobile/', { schema }, async (request) => {
  const { mobile } = request.params
  const { image_code, uuid } = request.query
  const code = String(randomInt(1_000_000)).padStart(6, '0')
  const digest = createHmac('sha256', key).update(`${mobile}|${code}`).digest('base64url')
  const rid = randomBytes(16).toString('base64url')
  const scriptKeys = [`img_${uuid}`, `floor:throttle:${mobile}`, `floor:code:${mobile}`]
  const issued = await redis.evalsha(String(sha), 3, ...scriptKeys, image_code.toLowerCase(), rid, digest)
  if (issued !== 'issued') return { code: '4001', errmsg: String(issued), request_id: '' }
  await queue.add('send', { v: 1, rid, to: `${mobile.slice(0, 3)}****${mobile.slice(7)}` }, { jobId: rid })
  return { code: '0', errmsg: '发送短信成功', request_id: rid }
})
app.get('/', async () => ({}))
await app.listen({ host: '127.0.0.1', port: Number(port) })
process.once('SIGTERM', () => process.exit())

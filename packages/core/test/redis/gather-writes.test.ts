import { once } from 'node:events'
import { connect, createServer, type Server } from 'node:net'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { freePort } from '@sms-codes/launcher/ports'
import { startRedis, type RedisServer } from '@sms-codes/launcher/redis'
import { createLogger } from '../../src/logger.ts'
import { connectRedis } from '../../src/redis/connect.ts'
import { untilReady } from '../until-ready.ts'

let server: RedisServer
let proxy: Server
let port: number
/** The data of the clients, in the pieces in which it arrived. */
const pieces: string[] = []
beforeAll(async () => {
  server = await startRedis()
  proxy = createServer((client) => {
    const upstream = connect(server.port, '127.0.0.1')
    client.on('data', (piece) => pieces.push(piece.toString('latin1')))
    client.pipe(upstream).pipe(client)
    for (const socket of [client, upstream]) socket.on('error', () => {})
  })
  port = await freePort()
  proxy.listen(port, '127.0.0.1')
  await once(proxy, 'listening')
})
afterAll(async () => {
  proxy.close()
  await server.stop()
})

it('commands of one turn of the event loop are written in order and in one piece, later ones in another', async () => {
  const redis = connectRedis(`redis://127.0.0.1:${port}`, 'operator', createLogger('test', 'silent'))
  await untilReady(redis)
  pieces.length = 0
  const numbers = Array.from({ length: 30 }, (_, i) => String(i))
  await Promise.all(numbers.map((n) => redis.rpush('turn', n)))
  expect(pieces).toHaveLength(1)
  expect(await redis.lrange('turn', 0, -1)).toEqual(numbers)
  expect(pieces).toHaveLength(2)
  if (!(redis instanceof Redis)) throw new Error('the client is not connected to a single server')
  // Two callbacks of one turn of the event loop: when the second one runs, the first one's command was written.
  const answers: Promise<string>[] = []
  const held = await new Promise<number>((resolve) => {
    setImmediate(() => answers.push(redis.ping()))
    setImmediate(() => resolve(redis.stream.writableCorked))
  })
  expect([held, await Promise.all(answers)]).toEqual([0, ['PONG']])
  redis.disconnect()
})

import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { ask } from '@sms-codes/test-servers/commands'
import { startRedisSentinel } from '@sms-codes/test-servers/redis-sentinel'
import { expect, it } from 'vitest'
import { createLogger } from '../../src/logger.ts'
import { connectRedis } from '../../src/redis/connect.ts'

/** Passes bytes between clients and a Sentinel. Between `hold` and `release`, it keeps back the port of the primary. */
async function startProxy(sentinelPort: number) {
  let [asked, subscribed, release] = [() => {}, () => {}, () => {}]
  let isFree = Promise.resolve()
  const server = createServer((client) => {
    const sentinel = connect(sentinelPort, '127.0.0.1')
    let maySpeak = Promise.resolve()
    for (const socket of [client, sentinel]) socket.on('error', () => {})
    client.on('close', () => sentinel.destroy())
    sentinel.on('close', () => client.destroy())
    client.on('data', (command) => {
      sentinel.write(command)
      if (command.includes('subscribe')) subscribed()
      if (!command.includes('get-master-addr-by-name')) return
      maySpeak = isFree
      asked()
    })
    sentinel.on('data', (answer) => void maySpeak.then(() => client.write(answer)))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    port: address !== null && typeof address === 'object' ? address.port : 0,
    subscription: () => new Promise<void>((resolve) => (subscribed = resolve)),
    /** Resolves when a client asks for the primary. */
    hold(): Promise<void> {
      isFree = new Promise((resolve) => (release = resolve))
      return new Promise((resolve) => (asked = resolve))
    },
    release: () => release(),
    stop: () => server.close(),
  }
}

it(
  'a failover that is announced while a connection asks for the primary does not end the connection',
  { timeout: 60_000 },
  async () => {
    // A stall of the machine makes the Sentinel begin no failover.
    const watched = await startRedisSentinel({ count: 1, downAfterMs: 30_000 })
    const proxy = await startProxy(watched.ports[0] ?? 0)
    const url = `redis+sentinel://127.0.0.1:${proxy.port}/${watched.name}`
    const redis = connectRedis(url, 'commands', createLogger('test', 'silent'))
    await proxy.subscription()

    const asks = proxy.hold()
    await ask(watched.primary.port, 'CLIENT KILL TYPE normal')
    await asks
    await expect
      .poll(() => ask(watched.ports[0] ?? 0, `SENTINEL FAILOVER ${watched.name}`))
      .toMatch(/^(\+OK|-INPROG)/)

    await expect.poll(() => watched.primaryPort(), { timeout: 30_000 }).toBe(watched.replica.port)
    // A subscriber would have received the announcement by now.
    await sleep(300)
    proxy.release()
    await expect.poll(() => redis.set('after', '1').catch(() => redis.status)).toBe('OK')
    redis.disconnect()
    proxy.stop()
    await watched.stop()
  },
)

import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { countCrossings } from '@sms-codes/bench/parts/cluster'
import { startRedisCluster, type RedisCluster } from '@sms-codes/test-servers/redis-cluster'

let servers: RedisCluster
let node: Redis

beforeAll(async () => {
  servers = await startRedisCluster()
  // The slot of `a` is 15495, which the last node serves.
  node = new Redis({ host: '127.0.0.1', port: servers.ports[2] ?? 0 })
})
afterAll(async () => {
  node.disconnect()
  await servers.stop()
})

describe('the count of scripts and commands that touch two slots', () => {
  it('has the calls with keys of two slots, and the scripts that touch the slot of another node', async () => {
    await node.eval("return redis.call('SET', KEYS[1], 1)", 1, '{a}1')
    // Neither an unknown script nor an unknown command touches a slot.
    await expect(node.evalsha('0'.repeat(40), 1, '{a}1')).rejects.toThrow('NOSCRIPT')
    await expect(node.call('NOCOMMAND')).rejects.toThrow('unknown command')
    expect(await countCrossings(node)).toBe(0)
    await expect(node.mget('{a}1', '{b}1')).rejects.toThrow('CROSSSLOT')
    expect(await countCrossings(node)).toBe(1)
    await expect(node.eval("return redis.call('GET', '{b}1')", 1, '{a}1')).rejects.toThrow('non local key')
    expect(await countCrossings(node)).toBe(2)
  })
})

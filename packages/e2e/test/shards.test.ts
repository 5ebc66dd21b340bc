import { setTimeout as sleep } from 'node:timers/promises'
import { Cluster, type Redis } from 'ioredis'
import { afterEach, describe, expect, it } from 'vitest'
import { startRedisCluster } from '@sms-codes/test-servers/redis-cluster'
import { endsOf, startLoad } from './load.ts'
import { STRICT_DEADLINE } from './system-env.ts'
import { startSystem, type System } from './system.ts'

// How long the load on the Cluster lasts.
const SECONDS = Number(process.env['SOAK_SECONDS'] ?? 8)
const TIMEOUT_MS = (SECONDS + 240) * 1000
const OPTIONS = {
  apis: 2,
  workers: 2,
  env: { ...STRICT_DEADLINE, LOG_LEVEL: 'info', SIMULATOR_VENDOR_LIMITS: 'off' },
  policy: { codes: { send_within: '30s' } },
}
const NOTHING_LOST = { failed: [], expired: [], open: [], vanished: [], twice: [] }

let system: System
let stopNodes = async (): Promise<void> => {}
afterEach(async () => {
  await system.stop()
  await stopNodes()
})

async function readNode(node: Redis) {
  const stats = await node.info('commandstats')
  const callsOf = (command: string) =>
    Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0)
  const calls = [...stats.matchAll(/cmdstat_\S+?:calls=(\d+)/g)].map(([, count]) => Number(count))
  const seconds = /used_cpu_user:([\d.]+)/.exec(await node.info('cpu'))?.[1]
  return {
    commands: calls.reduce((sum, count) => sum + count, 0),
    scripts: callsOf('evalsha') + callsOf('eval'),
    cpuSeconds: Number(seconds),
    crossSlot: (await node.info('errorstats')).includes('CROSSSLOT'),
    queues: (await node.keys('{sms-*}:sms-*:meta')).length,
  }
}

describe('on a Cluster of three servers, four shards', () => {
  it('spread the work under load, and no send is lost or sent twice', { timeout: TIMEOUT_MS }, async () => {
    const nodes = await startRedisCluster()
    stopNodes = nodes.stop
    const redis = new Cluster(nodes.ports.map((port) => ({ host: '127.0.0.1', port })))
    const policy = { ...OPTIONS.policy, queues: { shards: 4 } }
    system = await startSystem({ ...OPTIONS, policy, store: { url: nodes.url, redis } })
    await Promise.all(redis.nodes('master').map((node) => node.config('RESETSTAT')))
    const load = startLoad(system)
    await sleep(SECONDS * 1000)
    // The slot of a phone is random. With fewer sends, the shares of the servers would differ by chance.
    await expect.poll(() => load.accepted.length, { timeout: 120_000 }).toBeGreaterThan(1_000)
    await load.stop()
    const read = await Promise.all(redis.nodes('master').map(readNode))
    const total = read.reduce((sum, { commands }) => sum + commands, 0)
    const share = (commands: number) => Math.round((100 * commands) / total)
    console.log(`four shards: ${load.accepted.length} sends in at least ${SECONDS} s`)
    console.table(read.map((node) => ({ ...node, 'commands, %': share(node.commands) })))
    expect(await endsOf(system, load.accepted)).toMatchObject(NOTHING_LOST)
    expect(read.map(({ queues }) => queues).toSorted((a, b) => a - b)).toEqual([1, 1, 2])
    expect(read.map(({ crossSlot }) => crossSlot)).toEqual([false, false, false])
    for (const { commands } of read) expect(share(commands)).toBeLessThanOrEqual(45)
  })
})

describe('while the processes restart one after the other, a change of the number of shards', () => {
  it('from 1 to 4 to 2 loses no send, and none is sent twice', { timeout: TIMEOUT_MS }, async () => {
    system = await startSystem(OPTIONS)
    const load = startLoad(system, 4)
    for (const shards of [4, 2]) {
      const settings = { queues: { shards } }
      const added = await system.startWorker({}, settings)
      for (const [i, api] of system.apis.entries()) {
        await sleep(500)
        await api.process.stop()
        system.apis[i] = await system.startApi({}, Number(new URL(api.url).port), settings)
      }
      await sleep(500)
      for (const old of system.workers.splice(0, system.workers.length, added)) await old.process.stop()
    }
    await sleep(500)
    await load.stop()
    const ends = await endsOf(system, load.accepted)
    console.log(`a change from 1 to 4 to 2: ${load.accepted.length} sends, ${ends.sent.length} sent`)
    expect(load.accepted.length).toBeGreaterThan(0)
    expect(ends).toMatchObject(NOTHING_LOST)
    const queues = (await system.redis.keys('{sms*}:sms*:meta')).toSorted()
    expect(queues).toEqual(
      ['sms-0', 'sms-1', 'sms-2', 'sms-3', 'sms'].map((name) => `{${name}}:${name}:meta`),
    )
  })
})

import { Cluster, Redis } from 'ioredis'
import { setTimeout as sleep } from 'node:timers/promises'
import { startRedisCluster } from '@sms-codes/test-servers/redis-cluster'
import type { Bench } from '../bench.ts'
import { noCodes, runCodes, type Tally } from '../code-flow.ts'
import { startGateway } from '../gateway.ts'
import { openPool } from '../pool.ts'
import { countCommands, readRedis } from '../redis-figures.ts'
import { prepareSends } from '../requests.ts'
import { createPrograms } from '../start-programs.ts'
import { startForCodes, USERS } from './one-code.ts'

export type ClusterFigures = {
  shards: number
  /** The share of each node, from 0 to 1, of the commands of clients, of the scripts and of the CPU time. */
  nodes: { commands: number; scripts: number; cpu: number }[]
  tally: Tally
  /** How often a command or script touched two slots. */
  crossings: number
}

const SHARDS = 4
const WARM_UP_CODES = 500
const CODES = 1_500
const MONITORED_CODES = 500

/** Measures how a Cluster of three nodes shares the work of codes, from picture to verify. */
export async function benchCluster({ progress }: Bench): Promise<ClusterFigures> {
  const servers = await startRedisCluster()
  const programs = createPrograms({ say: progress.say, redisUrl: servers.url })
  const redis = new Cluster(servers.ports.map((port) => ({ host: '127.0.0.1', port })))
  const nodes = servers.ports.map((port) => new Redis({ host: '127.0.0.1', port }))
  const gateway = await startGateway()
  try {
    const { api } = await startForCodes(programs, gateway, { queues: { shards: SHARDS } })
    const pool = await openPool(api.port, 50)
    const tally = noCodes()
    async function run(count: number): Promise<void> {
      progress.say(`cluster: ${count} codes`)
      const sends = await prepareSends(redis, count)
      await runCodes(sends, { users: USERS, pool, gateway, tally, say: progress.say })
    }
    await run(WARM_UP_CODES)
    const crossingsBefore = sum(await Promise.all(nodes.map(countCrossings)))
    const before = await Promise.all(nodes.map(readRedis))
    await run(CODES)
    const after = await Promise.all(nodes.map(readRedis))
    // Only counted here, because a monitored node needs more CPU time.
    const stopCounting = await Promise.all(nodes.map(countCommands))
    await run(MONITORED_CODES)
    const counted = stopCounting.map((stop) => sum([...stop().values()]))
    pool.close()
    await sleep(100)
    const grown = (of: 'scripts' | 'cpuSeconds') => after.map((one, at) => one[of] - (before[at]?.[of] ?? 0))
    const [scripts, cpu, commands] = [grown('scripts'), grown('cpuSeconds'), counted].map(sharesOf)
    return {
      shards: SHARDS,
      nodes: nodes.map((_node, at) => ({
        commands: commands?.[at] ?? 0,
        scripts: scripts?.[at] ?? 0,
        cpu: cpu?.[at] ?? 0,
      })),
      tally,
      crossings: sum(await Promise.all(nodes.map(countCrossings))) - crossingsBefore,
    }
  } finally {
    await programs.close()
    for (const client of [redis, ...nodes]) client.disconnect()
    await Promise.all([servers.stop(), gateway.close()])
  }
}

const sum = (values: readonly number[]) => values.reduce((total, each) => total + each, 0)
const sharesOf = (values: readonly number[]) => values.map((value) => value / sum(values))

/** Calls that named keys of two slots, and scripts that failed, as a script does that touches a slot of another node. */
export async function countCrossings(node: Redis): Promise<number> {
  const [errors, commands] = [await node.info('errorstats'), await node.info('commandstats')]
  const count = (text: string, pattern: string) => Number(new RegExp(pattern).exec(text)?.[1] ?? 0)
  const failed = ['evalsha', 'eval'].map((name) => count(commands, `cmdstat_${name}:.*failed_calls=(\\d+)`))
  // A server that does not know a script yet refuses the call, and nothing has run.
  return (
    count(errors, 'errorstat_CROSSSLOT:count=(\\d+)') +
    sum(failed) -
    count(errors, 'errorstat_NOSCRIPT:count=(\\d+)')
  )
}

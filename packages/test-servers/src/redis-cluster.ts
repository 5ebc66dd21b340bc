// A Redis Cluster of three primaries, for tests that need keys on different servers. Each server is started
// by startRedis(), so it ends with the test process.
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '@sms-codes/launcher/ports'
import { startRedis } from '@sms-codes/launcher/redis'
import { ask, expectOk } from './commands.ts'

const SLOTS = 16_384
const NODES = 3
const READY_TIMEOUT_MS = 30_000

export type RedisCluster = Awaited<ReturnType<typeof startRedisCluster>>

/** Returns when every node serves its slots and knows the others. Needs Redis 7 or newer. */
export async function startRedisCluster() {
  const nodes = await Promise.all(Array.from({ length: NODES }, startNode))
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map(({ server }) => server.stop()))
  }
  try {
    await join(nodes)
  } catch (error) {
    await stop()
    throw error
  }
  const ports = nodes.map(({ server }) => server.port)
  return {
    url: `redis+cluster://${ports.map((port) => `127.0.0.1:${port}`).join(',')}`,
    ports,
    servers: nodes.map(({ server }) => server),
    stop,
  }
}

type Node = Awaited<ReturnType<typeof startNode>>

async function startNode() {
  // The default bus port is the server's port + 10000, which another process may use.
  const busPort = await freePort()
  const settings = { 'cluster-enabled': 'yes', 'cluster-port': String(busPort) }
  return { server: await startRedis({ settings }), busPort }
}

async function join(nodes: readonly Node[]): Promise<void> {
  const giveUpAt = Date.now() + READY_TIMEOUT_MS
  for (const [i, { server }] of nodes.entries()) {
    const [first, end] = [i, i + 1].map((n) => Math.floor((SLOTS * n) / NODES))
    await expectOk(server.port, `CLUSTER ADDSLOTSRANGE ${first} ${Number(end) - 1}`)
    for (const other of nodes.slice(0, i))
      await expectOk(server.port, `CLUSTER MEET 127.0.0.1 ${other.server.port} ${other.busPort}`)
  }
  for (const { server } of nodes) {
    while (!/cluster_state:ok[^]*cluster_known_nodes:3/.test(await ask(server.port, 'CLUSTER INFO'))) {
      if (Date.now() > giveUpAt)
        throw new Error(`the cluster did not form in time:\n${server.lastLines().join('\n')}`)
      await sleep(50)
    }
  }
}

// A real Redis Cluster of three primaries, for tests that need keys to lie on different servers. Each is
// our child on a free loopback port with a temporary directory, like any server of redis.ts.
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from './ports.ts'
import { askRedis } from './redis-probe.ts'
import { startRedis } from './redis.ts'

const SLOTS = 16_384
const NODES = 3
const READY_TIMEOUT_MS = 30_000

export type RedisCluster = Awaited<ReturnType<typeof startRedisCluster>>

/** Settles when every node serves and knows of the others. Redis 7 or newer. */
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
  // Redis would take its port + 10000, which may be anybody's.
  const busPort = await freePort()
  const settings = { 'cluster-enabled': 'yes', 'cluster-port': String(busPort) }
  return { server: await startRedis({ settings }), busPort }
}

async function join(nodes: readonly Node[]): Promise<void> {
  const giveUpAt = Date.now() + READY_TIMEOUT_MS
  for (const [i, { server }] of nodes.entries()) {
    const [first, end] = [i, i + 1].map((n) => Math.floor((SLOTS * n) / NODES))
    await must(server.port, `CLUSTER ADDSLOTSRANGE ${first} ${Number(end) - 1}`)
    for (const other of nodes.slice(0, i))
      await must(server.port, `CLUSTER MEET 127.0.0.1 ${other.server.port} ${other.busPort}`)
  }
  for (const { server } of nodes) {
    while (!/cluster_state:ok[^]*cluster_known_nodes:3/.test(await ask(server.port, 'CLUSTER INFO'))) {
      if (Date.now() > giveUpAt) throw new Error(`no cluster in time:\n${server.lastLines().join('\n')}`)
      await sleep(50)
    }
  }
}

const ask = (port: number, command: string) => askRedis(port, '127.0.0.1', command)

async function must(port: number, command: string): Promise<void> {
  const reply = await ask(port, command)
  if (!reply.startsWith('+OK')) throw new Error(`${command}: ${reply}`)
}

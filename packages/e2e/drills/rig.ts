import { Redis } from 'ioredis'
import { startRedisSentinel, type RedisSentinel } from '@sms-codes/test-servers/redis-sentinel'
import { STRICT_DEADLINE } from '../test/system-env.ts'
import { startSystem } from '../test/system.ts'
import type { Drill, Rig } from './drill.ts'
import { openRelay } from './relay.ts'

export const FALLBACK_SCENE = 'login'
const [APIS, WORKERS] = [2, 3]

/** Starts the service of a drill: two APIs, three workers, the board, Redis with an append-only file, the simulator. */
export async function startRig({
  env = {},
  policy = {},
  hasSentinel,
  relayed = ['ccp'],
}: Drill): Promise<Rig & { stop: () => Promise<void> }> {
  const sentinel = hasSentinel === true ? await startRedisSentinel() : null
  let simulator = { http: 0, smtp: 0 }
  const gateway = await openRelay(() => simulator.http)
  const mail = await openRelay(() => simulator.smtp)
  const stopOthers = async (): Promise<void> => {
    for (const relay of [gateway, mail]) relay.down()
    await sentinel?.stop()
  }
  const starting = startSystem({
    apis: APIS,
    workers: WORKERS,
    board: true,
    persistent: true,
    env: {
      ...STRICT_DEADLINE,
      LOG_LEVEL: 'warn',
      SIMULATOR_VENDOR_LIMITS: 'off',
      SMTP_URL: `smtp://127.0.0.1:${mail.port}`,
      ...env,
    },
    policy: {
      scenes: { default: {}, [FALLBACK_SCENE]: { fallback: true } },
      gateways: Object.fromEntries(
        relayed.map((name) => [name, { base_url: `http://127.0.0.1:${gateway.port}` }]),
      ),
      ...policy,
    },
    ...(sentinel !== null && { store: { url: sentinel.url, redis: sentinelClient(sentinel) } }),
  })
  const system = await starting.catch(async (err: unknown) => {
    await stopOthers()
    throw err
  })
  const { SIMULATOR_PORT, SIMULATOR_SMTP_PORT } = system.env
  simulator = { http: Number(SIMULATOR_PORT), smtp: Number(SIMULATOR_SMTP_PORT) }
  return {
    system,
    gateway,
    mail,
    sentinel,
    async stop(): Promise<void> {
      await system.stop()
      await stopOthers()
    },
  }
}

const sentinelClient = ({ ports, name }: RedisSentinel) =>
  new Redis({
    sentinels: ports.map((port) => ({ host: '127.0.0.1', port })),
    name,
    failoverDetector: true,
    maxRetriesPerRequest: null,
  })

import { setTimeout as sleep } from 'node:timers/promises'
import { boot, listenOrExit } from '@sms-codes/core/process/boot'
import { startHealthServer } from '@sms-codes/core/process/health-server'
import { storeNotReady } from '@sms-codes/core/process/readiness'
import { createDeliveryRemark } from '@sms-codes/core/queues/queue-state'
import { smsQueues } from '@sms-codes/core/queues/shards'
import { onShutdown } from '@sms-codes/core/process/shutdown'
import { loadApiConfig } from './config/config.ts'
import { ApiEnv } from './config/variables.ts'
import { buildServer } from './server.ts'

const parts = await boot({ name: 'api', variables: ApiEnv, env: process.env, load: loadApiConfig })
const { config, log, redis, producer, registry, version, heartbeat } = parts
const { app, deps, queues } = await buildServer(parts)
const { host, port, opsPort } = config
const queuesUsed = smsQueues(config.policy.queues.shards)
const notReady = () => storeNotReady(redis, config.keyring, queuesUsed)
const remark = createDeliveryRemark(redis, config.policy.queues.shards)
// `/readyz` answers last, because a load balancer sends requests as soon as it does.
await listenOrExit('API_PORT', app.listen({ host, port }))
const health = startHealthServer({ host, port: opsPort, registry, version, notReady, remark })
const ops = await listenOrExit('API_OPS_PORT', health)
log.info({ port, opsPort: ops.port }, 'api ready')

onShutdown(
  [
    async () => {
      ops.drain()
      await sleep(config.drainMs)
    },
    () => app.close(),
    () =>
      Promise.all([
        heartbeat.stop(),
        deps.guardCounts.flush(),
        deps.traffic.flush(),
        ...queues.map((one) => one.close()),
      ]),
    async () => {
      producer.disconnect()
      redis.disconnect()
    },
    () => ops.close(),
  ],
  log,
  config.drainMs + 10_000,
)

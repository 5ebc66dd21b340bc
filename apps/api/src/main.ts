import { setTimeout as sleep } from 'node:timers/promises'
import { reportClockSkew } from '@sms-codes/core/redis/clock-skew'
import { configOrExit, EXIT_CONFIG } from '@sms-codes/core/config/load'
import { listenOrExit } from '@sms-codes/core/process/listen-or-exit'
import { createLogger } from '@sms-codes/core/logger'
import { createRegistry } from '@sms-codes/core/process/metrics'
import { startOps } from '@sms-codes/core/process/health-server'
import { connectRedis } from '@sms-codes/core/redis/connect'
import { storeNotReady } from '@sms-codes/core/process/readiness'
import { serverFaultsAtBoot } from '@sms-codes/core/redis/server-faults'
import { onShutdown } from '@sms-codes/core/process/shutdown'
import { loadTracing } from '@sms-codes/core/process/tracing'
import { loadApiConfig } from './config/config.ts'
import { composeApi } from './compose.ts'

const config = configOrExit(() => loadApiConfig(process.env))
const log = createLogger('api', config.logLevel)
const redis = connectRedis(config.redisUrl, 'commands', log)
const producer = connectRedis(config.redisUrl, 'producer', log)

const faults = await serverFaultsAtBoot(redis)
if (faults.length > 0) {
  process.stderr.write(`${faults.join('\n')}\n`)
  process.exit(EXIT_CONFIG)
}

const registry = createRegistry('api')
reportClockSkew(registry, redis)
const tracing = await loadTracing(config.tracing)
const { app, queues } = await composeApi({ config, log, redis, producer, registry, tracing })
const { host, port, opsPort } = config
const notReady = () => storeNotReady(redis)
const ops = await listenOrExit('API_OPS_PORT', startOps({ host, port: opsPort, registry, notReady }))
await listenOrExit('API_PORT', app.listen({ host, port }))
log.info({ port, opsPort: ops.port }, 'api ready')

onShutdown(
  [
    async () => {
      ops.drain()
      await sleep(config.drainMs)
    },
    () => app.close(),
    async () => void (await Promise.all(queues.map((queue) => queue.close()))),
    async () => {
      producer.disconnect()
      redis.disconnect()
    },
    () => ops.close(),
  ],
  log,
  config.drainMs + 10_000,
)

import { configOrExit, EXIT_CONFIG } from '@sms-codes/core/config'
import { createKeyring } from '@sms-codes/core/keyring'
import { createLogger } from '@sms-codes/core/logger'
import { createRegistry } from '@sms-codes/core/metrics'
import { startOps } from '@sms-codes/core/ops'
import { connectRedis, serverFaultsAtBoot, storeNotReady } from '@sms-codes/core/redis'
import { createSendLedger } from '@sms-codes/core/send-ledger'
import { onShutdown } from '@sms-codes/core/shutdown'
import { createTransport } from '@sms-codes/gateways/transport'
import { loadWorkerConfig } from './config.ts'
import { createConsumer } from './consumer.ts'
import { deliver } from './deliver.ts'
import { listGateways } from './gateways.ts'
import { createWorkerMetrics } from './metrics.ts'
import { pauseWhileStoreRefuses } from './store-gate.ts'

const config = configOrExit(() => loadWorkerConfig(process.env))
const log = createLogger('worker', config.logLevel)
const redis = connectRedis(config.redisUrl, 'commands', log)
const connection = connectRedis(config.redisUrl, 'worker', log)

const faults = await serverFaultsAtBoot(redis)
if (faults.length > 0) {
  process.stderr.write(`${faults.join('\n')}\n`)
  process.exit(EXIT_CONFIG)
}

const registry = createRegistry('worker')
const metrics = createWorkerMetrics(registry)
const ledger = createSendLedger(redis, createKeyring(config.keyring))
const transport = createTransport({ totalTimeoutMs: config.gatewayDeadlineMs })
const deps = {
  ledger,
  gateways: listGateways(config, transport),
  webOtpDomain: config.webOtpDomain,
  metrics,
  log,
  leaseMs: config.gatewayDeadlineMs + 1_500,
}
const consumer = createConsumer({
  connection,
  concurrency: config.concurrency,
  deliver: (job, signal) => deliver(job, deps, signal),
  ledger,
  metrics,
  log,
})
pauseWhileStoreRefuses(consumer, redis, log)
const ops = await startOps({
  host: config.host,
  port: config.opsPort,
  registry,
  notReady: async () =>
    consumer.isRunning() && !consumer.isPaused() ? storeNotReady(redis) : 'not consuming',
})
log.info({ gateways: config.gateways, opsPort: ops.port }, 'worker ready')

onShutdown(
  [
    async () => ops.drain(),
    // Waits for the messages under way; each has a deadline of its own.
    () => consumer.close(),
    async () => {
      transport.close()
      connection.disconnect()
      redis.disconnect()
    },
    () => ops.close(),
  ],
  log,
  15_000,
)

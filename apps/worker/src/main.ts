import { parseArgs } from 'node:util'
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
import { createTransport } from '@sms-codes/gateways/transport'
import { loadWorkerConfig } from './config/config.ts'
import { reportQueues } from './queue-metrics.ts'
import { pauseWhileRedisUnfit } from './pause-while-redis-unfit.ts'
import { composeWorker } from './compose.ts'

const USAGE = `Usage: worker [--queues sms,email,events]

Works on what the API has queued: of all queues, or of those named by --queues or WORKER_QUEUES.
`

/** Less than the deadline of a stop, with room to write down what was cut short. */
const PATIENCE_MS = 10_000

function readFlags() {
  try {
    return parseArgs({
      options: { queues: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
      // Beside a launcher's own words.
      allowPositionals: true,
    }).values
  } catch {
    process.stderr.write(`worker: unknown option\n\n${USAGE}`)
    return process.exit(EXIT_CONFIG)
  }
}

const flags = readFlags()
if (flags.help === true) {
  process.stdout.write(USAGE)
  process.exit(0)
}
const env = flags.queues === undefined ? process.env : { ...process.env, WORKER_QUEUES: flags.queues }
const config = configOrExit(() => loadWorkerConfig(env))
const log = createLogger('worker', config.logLevel)
const redis = connectRedis(config.redisUrl, 'commands', log)
const producer = connectRedis(config.redisUrl, 'producer', log)
const connection = connectRedis(config.redisUrl, 'worker', log)

const faults = await serverFaultsAtBoot(redis)
if (faults.length > 0) {
  process.stderr.write(`${faults.join('\n')}\n`)
  process.exit(EXIT_CONFIG)
}

const registry = createRegistry('worker')
const transport = createTransport({ totalTimeoutMs: config.gatewayDeadlineMs })
const tracing = await loadTracing(config.tracing)
const connections = { redis, producer, connection }
const { consumers, producers } = composeWorker({ config, log, ...connections, transport, registry, tracing })
for (const consumer of consumers) pauseWhileRedisUnfit(consumer, redis, log)
reportQueues(registry, redis, log)
reportClockSkew(registry, redis)
const isConsuming = () => consumers.every((consumer) => consumer.isRunning() && !consumer.isPaused())
const notReady = async () => (await storeNotReady(redis)) ?? (isConsuming() ? null : 'not consuming')
const ops = await listenOrExit(
  'WORKER_OPS_PORT',
  startOps({ host: config.host, port: config.opsPort, registry, notReady }),
)
log.info(
  { queues: consumers.map(({ name }) => name), gateways: config.gateways, opsPort: ops.port },
  'worker ready',
)

onShutdown(
  [
    async () => ops.drain(),
    // Waits for the messages under way. What takes too long, one gateway after another, is cut short: another
    // worker goes on with it, which is better than a process that is killed in a call.
    async () => {
      const late = setTimeout(() => consumers.forEach((one) => one.cancelAllJobs('stopping')), PATIENCE_MS)
      await Promise.all(consumers.map((consumer) => consumer.close()))
      clearTimeout(late)
    },
    async () => void (await Promise.all(producers.map((one) => one.close()))),
    async () => {
      transport.close()
      connection.disconnect()
      producer.disconnect()
      redis.disconnect()
    },
    () => ops.close(),
  ],
  log,
  15_000,
)

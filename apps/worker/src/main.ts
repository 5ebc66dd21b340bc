import { parseArgs } from 'node:util'
import { EXIT_CONFIG } from '@sms-codes/core/config/load'
import { boot, listenOrExit } from '@sms-codes/core/process/boot'
import { startHealthServer } from '@sms-codes/core/process/health-server'
import { storeNotReady } from '@sms-codes/core/process/readiness'
import { onShutdown } from '@sms-codes/core/process/shutdown'
import { createDeliveryRemark } from '@sms-codes/core/queues/queue-state'
import { SMS_QUEUE } from '@sms-codes/core/queues/send-queue'
import { smsQueues } from '@sms-codes/core/queues/shards'
import { connectRedis } from '@sms-codes/core/redis/connect'
import { createTransport } from '@sms-codes/gateways/transport'
import { composeWorker } from './compose.ts'
import { loadWorkerConfig } from './config/config.ts'
import { WorkerEnv } from './config/variables.ts'
import { followSwitches } from './gateways/operator-switch.ts'
import { reportQueues } from './queue-metrics.ts'

/** The ms from a shutdown to the abort of the gateway calls. `onShutdown` waits longer, so they can be settled. */
const PATIENCE_MS = 10_000

function readFlags() {
  try {
    // A launcher may add arguments that are not options.
    return parseArgs({ options: { queues: { type: 'string' } }, allowPositionals: true }).values
  } catch {
    process.stderr.write('worker: unknown option; the only one is --queues sms,email,events\n')
    return process.exit(EXIT_CONFIG)
  }
}

const flags = readFlags()
const env = flags.queues === undefined ? process.env : { ...process.env, WORKER_QUEUES: flags.queues }
const parts = await boot({ name: 'worker', variables: WorkerEnv, env, load: loadWorkerConfig })
const { config, log, redis, producer, registry, version, heartbeat } = parts
const connection = connectRedis(config.redisUrl, 'worker', log)
const transport = createTransport({ totalTimeoutMs: config.gatewayDeadlineMs, proxy: config.proxy })
const namesOf = (named: readonly { name: string }[]) => named.map(({ name }) => name)
const switches = await followSwitches({ redis, gateways: namesOf(config.gateways), registry, log })
const { consumers, stop, guardCounts, traffic, producers } = composeWorker({
  ...parts,
  connection,
  transport,
  switches,
})
reportQueues(registry, redis, config.shards)
const isConsuming = () => consumers().every((consumer) => consumer.isRunning() && !consumer.isPaused())
const queuesUsed = config.queues.includes(SMS_QUEUE) ? smsQueues(config.shards) : []
const notReady = async () =>
  (await storeNotReady(redis, config.keyring, queuesUsed)) ?? (isConsuming() ? null : 'not consuming')
const { host, opsPort } = config
const ops = await listenOrExit(
  'WORKER_OPS_PORT',
  startHealthServer({
    host,
    port: opsPort,
    registry,
    version,
    notReady,
    remark: createDeliveryRemark(redis, config.shards),
  }),
)
const queues = namesOf(consumers())
// The host of the proxy without its login.
const proxy = config.proxy?.url.host
log.info({ queues, gateways: namesOf(config.gateways), opsPort: ops.port, proxy }, 'worker ready')

onShutdown(
  [
    async () => ops.drain(),
    // Waits for the messages that are being sent. A call that takes too long is aborted and its job is left to
    // another worker, because a process that is killed during a call cannot settle the call.
    async () => {
      stop()
      const late = setTimeout(() => consumers().forEach((one) => one.cancelAllJobs('stopping')), PATIENCE_MS)
      await Promise.all(consumers().map((consumer) => consumer.close()))
      clearTimeout(late)
    },
    async () => {
      switches.stop()
      const closing = producers.map((one) => one.close())
      await Promise.all([heartbeat.stop(), guardCounts.flush(), traffic.flush(), ...closing])
    },
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

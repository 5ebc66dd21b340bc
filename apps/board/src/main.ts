import { configure, listenOrExit } from '@sms-codes/core/process/boot'
import { createRegistry } from '@sms-codes/core/process/registry'
import { connectRedis } from '@sms-codes/core/redis/connect'
import { keyFingerprints } from '@sms-codes/core/redis/key-faults'
import { policyFingerprints } from '@sms-codes/core/process/fingerprints'
import { startHeartbeat } from '@sms-codes/core/process/heartbeat'
import { onShutdown } from '@sms-codes/core/process/shutdown'
import { watchQueues } from '@sms-codes/core/queues/watched-queues'
import { buildApp } from './app.ts'
import { BoardEnv, loadBoardConfig } from './config.ts'

const { env } = process
const { config, log, version } = configure({ name: 'board', variables: BoardEnv, env, load: loadBoardConfig })
const redis = connectRedis(config.redisUrl, 'producer', log)
const { queues, close } = watchQueues(redis, log)
const policy = policyFingerprints(config.policy)
const { phoneKey } = config.messages
const keys = phoneKey === undefined ? {} : keyFingerprints({ phoneKey, codeKeys: [] })
const heartbeat = await startHeartbeat(redis, { app: 'board', version, gateways: [], policy, keys }, log)
const { operators, basePath } = config
const registry = createRegistry('board', version)
const app = await buildApp({ ...config, log, redis, registry, queues })
const address = await listenOrExit('BOARD_PORT', app.listen({ host: config.host, port: config.port }))
log.info({ address, basePath, writable: operators.some(({ mayWrite }) => mayWrite) }, 'board ready')

onShutdown(
  [() => app.close(), () => Promise.all([heartbeat.stop(), close()]), async () => redis.disconnect()],
  log,
  10_000,
)

import { configOrExit } from '@sms-codes/core/config/load'
import { listenOrExit } from '@sms-codes/core/process/listen-or-exit'
import { createLogger } from '@sms-codes/core/logger'
import { connectRedis } from '@sms-codes/core/redis/connect'
import { onShutdown } from '@sms-codes/core/process/shutdown'
import { watchQueues } from '@sms-codes/core/queues/watched-queues'
import { buildApp } from './app.ts'
import { loadBoardConfig } from './config.ts'

const config = configOrExit(() => loadBoardConfig(process.env))
const log = createLogger('board', config.logLevel)
const redis = connectRedis(config.redisUrl, 'producer', log)
const { queues, close } = watchQueues(redis, log)
const { operators, basePath, trustProxy } = config
const app = await buildApp({ log, redis, queues, operators, basePath, trustProxy })
const address = await listenOrExit('BOARD_PORT', app.listen({ host: config.host, port: config.port }))
log.info({ address, basePath, writable: operators.some(({ mayWrite }) => mayWrite) }, 'board ready')

onShutdown([() => app.close(), close, async () => redis.disconnect()], log, 10_000)

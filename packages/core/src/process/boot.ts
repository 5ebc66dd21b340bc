import type { TObject } from '@sinclair/typebox'
import { ConfigError, EXIT_CONFIG, type Env } from '../config/load.ts'
import { findMisspelled } from '../config/misspelled.ts'
import { createLogger } from '../logger.ts'
import { reportClockSkew } from '../redis/clock-skew.ts'
import { connectRedis } from '../redis/connect.ts'
import { serverFaultsAtBoot } from '../redis/server-faults.ts'
import { createRegistry } from './metrics.ts'
import { loadTracing } from './tracing.ts'

type Start<Config> = {
  /** The name of the process in logs and metrics. */
  name: string
  /** All variables of the process. */
  variables: TObject
  env: Env
  load: (env: Env) => Config
}

/** Loads the configuration and creates the log. A fault in the configuration ends the process with 78. */
export function configure<Config extends { logLevel: string }>(start: Start<Config>) {
  try {
    const config = start.load(start.env)
    const log = createLogger(start.name, config.logLevel)
    for (const found of findMisspelled(start.variables, start.env))
      log.warn(found, 'unknown environment variable, similar to one that is not set')
    return { config, log }
  } catch (err) {
    if (!(err instanceof ConfigError)) throw err
    return exitWithFaults(err.message)
  }
}

/** What the API and the worker have in common: `configure`, connections to Redis, metrics and tracing. */
export async function boot<Config extends { logLevel: string; redisUrl: string; tracing: boolean }>(
  start: Start<Config>,
) {
  const { config, log } = configure(start)
  const redis = connectRedis(config.redisUrl, 'commands', log)
  const producer = connectRedis(config.redisUrl, 'producer', log)
  const faults = await serverFaultsAtBoot(redis)
  if (faults.length > 0) exitWithFaults(faults.join('\n'))
  const registry = createRegistry(start.name)
  reportClockSkew(registry, redis)
  const tracing = await loadTracing(config.tracing)
  return { config, log, redis, producer, registry, tracing }
}

function exitWithFaults(text: string): never {
  process.stderr.write(`${text}\n`)
  process.exit(EXIT_CONFIG)
}

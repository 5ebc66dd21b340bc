import type { TObject } from '@sinclair/typebox'
import { ConfigError, EXIT_CONFIG, type Env } from '../config/load.ts'
import type { Policy } from '../config/policy-schema.ts'
import { findMisspelled } from '../config/misspelled.ts'
import type { KeyringOptions } from '../keyring.ts'
import { createLogger } from '../logger.ts'
import { reportClockSkew } from '../redis/clock-skew.ts'
import { connectRedis } from '../redis/connect.ts'
import { keyFingerprints } from '../redis/key-faults.ts'
import { faultsAtBoot } from '../redis/server-faults.ts'
import { policyFingerprints } from './fingerprints.ts'
import { reportPolicies, startHeartbeat } from './heartbeat.ts'
import { createRegistry } from './registry.ts'
import { loadTracing } from './tracing.ts'
import { versionOf } from './version.ts'

type Start<Config> = {
  /** The name of the process in logs and metrics. */
  name: string
  variables: TObject
  env: Env
  load: (env: Env) => Config
}

/** Loads the configuration and creates the log. A fault in the configuration ends the process with exit code 78. */
export function configure<Config extends { logLevel: string }>(start: Start<Config>) {
  try {
    const config = start.load(start.env)
    const log = createLogger(start.name, config.logLevel)
    const version = versionOf(start.env)
    log.info({ version }, 'starting')
    for (const found of findMisspelled(start.variables, start.env))
      log.warn(found, 'unknown environment variable, similar to one that is not set')
    return { config, log, version }
  } catch (err) {
    if (!(err instanceof ConfigError)) throw err
    return exitWith(err.message)
  }
}

type BootConfig = {
  logLevel: string
  redisUrl: string
  tracing: boolean
  keyring: KeyringOptions
  policy: Policy
  /** The gateways that a worker calls, in order. */
  gateways?: readonly { name: string }[]
}

/**
 * Starts what the API and the worker have in common: `configure`, connections to Redis, heartbeat, metrics and tracing.
 */
export async function boot<Config extends BootConfig>(start: Start<Config> & { name: 'api' | 'worker' }) {
  const { config, log, version } = configure(start)
  const redis = connectRedis(config.redisUrl, 'commands', log)
  const producer = connectRedis(config.redisUrl, 'producer', log)
  const faults = await faultsAtBoot(redis, config.keyring)
  if (faults.length > 0) exitWith(faults.join('\n'))
  const registry = createRegistry(start.name, version)
  reportClockSkew(registry, redis)
  const gateways = config.gateways?.map(({ name }) => name) ?? []
  const policy = policyFingerprints(config.policy, gateways)
  const told = { app: start.name, version, gateways, policy, keys: keyFingerprints(config.keyring) }
  const heartbeat = await startHeartbeat(redis, told, log)
  reportPolicies(registry, heartbeat)
  const tracing = await loadTracing(config.tracing)
  return { config, log, version, redis, producer, registry, tracing, heartbeat }
}

const NO_ADDRESS = 'HOST: is not an address of this machine'

/**
 * Waits until a server listens. If the address cannot be used, the process prints one line and exits with code 1. A
 * supervisor then retries, because the port may become free.
 * @param variable the name of the variable that holds the port
 * @param listening settles when the server listens, or rejects as Node's `listen` does
 */
export async function listenOrExit<T>(variable: string, listening: Promise<T>): Promise<T> {
  const faults = new Map<unknown, string>([
    ['EADDRINUSE', `${variable}: another process listens there already; stop it or set another port`],
    ['EACCES', `${variable}: this process is not allowed to listen there; set a port from 1024 to 65535`],
    ['EADDRNOTAVAIL', NO_ADDRESS],
    ['ENOTFOUND', NO_ADDRESS],
  ])
  try {
    return await listening
  } catch (err) {
    const fault = err instanceof Error && 'code' in err ? faults.get(err.code) : undefined
    if (fault === undefined) throw err
    return exitWith(fault, 1)
  }
}

function exitWith(fault: string, code = EXIT_CONFIG): never {
  process.stderr.write(`${fault}\n`)
  process.exit(code)
}

import { randomBytes } from 'node:crypto'
import { Queue } from 'bullmq'
import type { System } from '../test/system.ts'
import type { Env, Settings } from '../test/system-env.ts'
import type { RedisSentinel } from '@sms-codes/test-servers/redis-sentinel'
import type { Promises } from './accounting.ts'
import type { Relay } from './relay.ts'
import type { ExpectedAlerts } from './watch-alerts.ts'

/**
 * The running service with the means to break it. `gateway` is in front of CCP (or of the gateways in `relayed`) and
 * `mail` in front of the mail server.
 */
export type Rig = {
  system: System
  gateway: Relay
  mail: Relay
  /** Null unless the drill asks for Sentinels. */
  sentinel: RedisSentinel | null
}

export type Drill = {
  name: string
  /** What is broken, as a phrase. */
  title: string
  /** How long it stays broken, if the drill waits. */
  seconds: number
  /** How long the users come before the fault (5) and after it (12). */
  beforeSeconds?: number
  afterSeconds?: number
  /** Belongs to the short selection of `--quick`. */
  isQuick?: boolean
  env?: Env
  policy?: Settings
  /** The setting codes.send_within of the policy, in seconds. */
  sendWithinSeconds?: number
  /** Users get codes of a scene with fallback and have a mailbox. */
  hasMailboxes?: boolean
  /** All users share one address. */
  isOffice?: boolean
  hasSentinel?: boolean
  /** The gateways behind the relay (CCP). */
  relayed?: readonly string[]
  promises: Promises
  /** With it, a Prometheus watches the drill. */
  alerts?: ExpectedAlerts
  /** What happens before the first user. */
  prepare?: (rig: Rig) => unknown
  breakIt?: (rig: Rig) => unknown
  mend?: (rig: Rig) => unknown
}

/** Replaces an API process by one on the same port, as a supervisor does. */
export async function replaceApi({ system }: Rig, i: number, env: Env = {}): Promise<void> {
  const { apis } = system
  await apis[i]?.process.stop(20_000)
  apis[i] = await system.startApi(env, Number(new URL(apis[i]?.url ?? '').port))
}

export async function replaceWorker({ system }: Rig, i: number, env: Env = {}): Promise<void> {
  await system.workers[i]?.process.stop(20_000)
  system.workers[i] = await system.startWorker(env)
}

/** Opens the queue `sms` for an operation on it. */
export async function withQueue({ system }: Rig, act: (queue: Queue) => Promise<unknown>): Promise<void> {
  const queue = new Queue('sms', { prefix: '{sms}', connection: { url: system.env['REDIS_URL'] ?? '' } })
  await act(queue)
  await queue.close()
}

/** Calls `replace` for every API or worker process, one after the other. */
export async function each(list: readonly unknown[], replace: (i: number) => Promise<void>): Promise<void> {
  for (const i of list.keys()) await replace(i)
}

const FRESH = `k2:${randomBytes(32).toString('base64')}`
/** A new code key before the present one. */
export const withNewKey = ({ system }: Rig): Env => ({ CODE_KEYS: `${FRESH},${system.env['CODE_KEYS']}` })

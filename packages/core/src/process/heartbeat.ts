import { hostname } from 'node:os'
import { Type, type Static } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { Gauge, type Registry } from 'prom-client'
import { randomId } from '../keyring.ts'
import type { Logger } from '../logger.ts'
import { redisClockMs } from '../redis/clock-skew.ts'
import { asStoreError, type RedisClient } from '../redis/connect.ts'
import { keys } from '../redis/keys.ts'
import { countPolicies } from './fingerprints.ts'

const BEAT_MS = 5_000
const GONE_MS = 15_000

const Fingerprints = Type.Record(Type.String(), Type.String())

/** What a running process tells about itself. It contains fingerprints of the policy and of keys, and never a value. */
const ProcessEntry = Type.Object({
  id: Type.String(),
  app: Type.Union([Type.Literal('api'), Type.Literal('worker'), Type.Literal('board')]),
  host: Type.String(),
  pid: Type.Integer(),
  version: Type.String(),
  /** When the process started, by the clock of its host, in ms since 1970. */
  startedAt: Type.Integer(),
  /** The last beat, by the clock of Redis, in ms since 1970. */
  seenAt: Type.Integer(),
  /** The gateways that a worker calls, in order. Empty for other processes. */
  gateways: Type.Array(Type.String()),
  /** The fingerprint of each section of the policy (fingerprints.ts). */
  policy: Fingerprints,
  /** The fingerprint of each key, by the names of key-faults.ts. */
  keys: Fingerprints,
})
export type ProcessEntry = Static<typeof ProcessEntry>

/** What each version writes. The other fields of an entry may differ during an upgrade. */
const Beat = Type.Pick(ProcessEntry, ['seenAt'])

/** The processes whose last beat is not older than 15 s, by app and start. @throws StoreError */
export async function readProcesses(redis: RedisClient): Promise<ProcessEntry[]> {
  const reading = asStoreError('processes', redis.hgetall(keys.processes))
  const [now, all] = await Promise.all([redisClockMs(redis), reading])
  return divideByAge(all, now).running
}

function divideByAge(all: Record<string, string>, now: number) {
  const entries = Object.entries(all).map(([id, text]) => ({ id, entry: parse(text) }))
  const isRecent = (entry: unknown) => Value.Check(Beat, entry) && entry.seenAt > now - GONE_MS
  const running = entries
    .flatMap(({ entry }) => (Value.Check(ProcessEntry, entry) && isRecent(entry) ? [entry] : []))
    .toSorted((a, b) => a.app.localeCompare(b.app) || a.startedAt - b.startedAt)
  const gone = entries.flatMap(({ id, entry }) => (isRecent(entry) ? [] : [id]))
  return { running, gone }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** What the heartbeat of a process says in every beat. */
type Told = Pick<ProcessEntry, 'app' | 'version' | 'gateways' | 'policy' | 'keys'>

/**
 * Writes the entry of this process every 5 s and reads the entries of all processes. Returns after the first beat. While
 * Redis is away nothing is written, and the next beat comes when Redis is back. All processes write their entries at
 * that moment, so a beat removes only the entries that this process has found too old for 15 s.
 */
export async function startHeartbeat(redis: RedisClient, told: Told, log: Logger) {
  const id = randomId()
  const self = {
    id,
    host: hostname(),
    pid: process.pid,
    startedAt: Math.round(performance.timeOrigin),
    ...told,
  }
  /** The last beat, and when each old entry was first found. */
  let last: { at: number; running: ProcessEntry[]; gone: Map<string, number> } | null = null
  const recent = () => (last === null || performance.now() - last.at > GONE_MS ? null : last)

  async function beat(): Promise<void> {
    const now = await redisClockMs(redis)
    const entry: ProcessEntry = { ...self, seenAt: Math.round(now) }
    const writing = redis.hset(keys.processes, id, JSON.stringify(entry))
    // One connection runs its commands in order, so the reading has the entry of this beat.
    const [, all] = await asStoreError('heartbeat', Promise.all([writing, redis.hgetall(keys.processes)]))
    const found = divideByAge(all, now)
    const at = performance.now()
    const gone = new Map(found.gone.map((old) => [old, recent()?.gone.get(old) ?? at]))
    const removed = found.gone.filter((old) => at - (gone.get(old) ?? at) >= GONE_MS)
    if (removed.length > 0) await asStoreError('heartbeat', redis.hdel(keys.processes, ...removed))
    last = { at, running: found.running, gone }
  }
  let beating = Promise.resolve()
  const next = (): Promise<void> =>
    (beating = beating.then(beat).catch((err: unknown) => log.debug({ err }, 'heartbeat not written')))
  const onReady = () => void next()
  redis.on('ready', onReady)
  const timer = setInterval(onReady, BEAT_MS).unref()
  await next()

  return {
    /** The running processes at the last beat. Null if that beat is older than 15 s, because Redis is away. */
    processes: (): readonly ProcessEntry[] | null => recent()?.running ?? null,

    /** Ends the heartbeat and removes the entry. */
    async stop(): Promise<void> {
      clearInterval(timer)
      redis.off('ready', onReady)
      await beating
      await redis
        .hdel(keys.processes, id)
        .catch((err: unknown) => log.debug({ err }, 'heartbeat not removed'))
    },
  }
}
export type Heartbeat = Awaited<ReturnType<typeof startHeartbeat>>

/** Reports the number of different policies at the last beat. While Redis is away the metric has no series. */
export function reportPolicies(registry: Registry, heartbeat: Pick<Heartbeat, 'processes'>): void {
  const gauge = new Gauge({
    name: 'sms_policies',
    help: 'Different policies among the running processes; 1 if all have the same policy',
    registers: [registry],
    collect: () => {
      const processes = heartbeat.processes()
      if (processes === null) gauge.remove()
      else gauge.set(countPolicies(processes))
    },
  })
}

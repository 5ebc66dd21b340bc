import type { Channel } from '../codes/send.ts'
import type { Keyring } from '../keyring.ts'
import { redisClockMs } from '../redis/clock-skew.ts'
import { asStoreError, type RedisClient } from '../redis/connect.ts'
import { keys } from '../redis/keys.ts'
import { createScript } from '../redis/script.ts'

export type HistoryEvent =
  /**
   * An answer of a gateway to a call that took `tookMs`. `class` is an outcome class, `skipped` for a call that was not
   * made, `no_answer` if the worker died during the call, or what a look-up found. `times` equal answers in a row are
   * one event, and `at` is when the newest of the calls began, ms since 1970.
   */
  | {
      kind: 'call'
      at: number
      tookMs: number
      channel: Channel
      gateway: string
      class: string
      code: string
      times: number
    }
  /**
   * A change of status: sent, fell_back, moved (to the other channel), failed, replaced (a newer request took its place),
   * delivered, undelivered, missing (no delivery receipt came in time), used (the code was verified) or refused (no
   * message was queued). `code` is the reason, the code in a delivery receipt, or ''.
   */
  | { kind: 'status'; at: number; status: string; code: string; times: number }

const HOUR_MS = 3_600_000

/** A request for a code and what happened to its message. A request that was refused has no `requestId` and no `rid`. */
export type PastRequest = {
  requestId: string
  rid: string
  n: number
  scene: string
  at: number
  /** The oldest first. A request with very many events has lost some between its first four and its newest. */
  events: HistoryEvent[]
}

/**
 * Reads the newest requests of the phone with this pseudonym, the newest first, at most 20. The scripts of the code
 * record write them (redis/lua/history.lua). They contain neither the number nor a code.
 * @param hours the `history_hours` of the policy. An older request may still be stored beside newer ones, and is not read
 * @throws StoreError
 */
export async function readHistory(redis: RedisClient, ph: string, hours: number): Promise<PastRequest[]> {
  const reading = asStoreError('history', redis.get(keys.history(ph)))
  const [now, lines] = await Promise.all([redisClockMs(redis), reading])
  return (lines ?? '')
    .split('\n')
    .flatMap((line) => parseLine(ph, line))
    .filter(({ at }) => at > now - hours * HOUR_MS)
    .toReversed()
}

/** Returns a function that adds a refused request to the history of a phone. It throws StoreError. */
export function createRefusalNotes(
  redis: RedisClient,
  keyring: Pick<Keyring, 'pseudonym'>,
  keepSeconds: number,
) {
  const script = createScript(redis, new URL('./lua/refuse.lua', import.meta.url))
  return async (mobile: string, scene: string, reason: string): Promise<void> => {
    if (keepSeconds === 0) return
    await script([keys.history(keyring.pseudonym(mobile))], [scene, reason, keepSeconds * 1000])
  }
}
export type RefusalNotes = ReturnType<typeof createRefusalNotes>

function parseLine(ph: string, line: string): PastRequest[] {
  const [header = '', ...events] = line.split(';')
  const [, send = '', n, request = '', scene = '', at] =
    /^(\S*)\.([0-9]+) (\S+) (\S+) ([0-9]+)$/.exec(header) ?? []
  if (at === undefined) return []
  const begun = Number(at)
  const rid = send === '-' ? '' : `${ph}.${send}`
  return [
    {
      requestId: request === '-' ? rid : `${ph}.${request}`,
      rid,
      n: Number(n),
      scene,
      at: begun,
      events: events.flatMap((event) => parseEvent(begun, event)),
    },
  ]
}

function parseEvent(begun: number, event: string): HistoryEvent[] {
  const [, kind, times, after, took, what = ''] = /^([cs])([0-9]+),([0-9.]+),([0-9]+),(.*)$/.exec(event) ?? []
  if (kind === undefined) return []
  const shared = { at: begun + Math.round(Number(after)), times: Number(times) }
  if (kind === 's') {
    const [status = '', code = ''] = what.split(',')
    return [{ kind: 'status', ...shared, status, code }]
  }
  const [channel, gateway = '', cls = '', code = ''] = what.split(',')
  return [
    {
      kind: 'call',
      ...shared,
      tookMs: Number(took),
      channel: channel === 'email' ? 'email' : 'sms',
      gateway,
      class: cls,
      code,
    },
  ]
}

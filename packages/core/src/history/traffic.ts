import type { Logger } from '../logger.ts'
import { redisClockMs } from '../redis/clock-skew.ts'
import { asStoreError, type RedisClient } from '../redis/connect.ts'
import { keys } from '../redis/keys.ts'

const COUNTED = ['accepted', 'sent', 'fell_back', 'delivered', 'verified', 'failed'] as const
export type Counted = (typeof COUNTED)[number]

export type TrafficCount = { what: Counted; scene: string; by: string; count: number }
export type LastAnswer = { gateway: string; at: number; class: string; code: string }

const MINUTE_MS = 60_000
const WRITE_EVERY_MS = 1_000
/** A day, and an hour so that the oldest minute of a day is complete. */
const KEEP_MS = 25 * 60 * MINUTE_MS

/** By key, and then by field. */
type Counts = Map<string, Map<string, number>>

/**
 * Counts what happens to sends, by minute, scene and gateway, and keeps the last answers of each gateway. Operators read
 * both. A process writes its counts once a second, and no send waits for that. Counts that cannot be written are
 * lost, and the log gets one line per outage. The minutes follow the clock of the host that counts.
 */
export function createTraffic(redis: RedisClient, log: Logger, now = Date.now) {
  let counts: Counts = new Map()
  let answers = new Map<string, string>()
  let timer: NodeJS.Timeout | undefined
  let writing = Promise.resolve()
  let isFailing = false

  async function write(counted: Counts, kept: Map<string, string>): Promise<void> {
    const commands = [...counted].flatMap(([key, fields]) => {
      const adding = [...fields].map(([field, sends]) => redis.hincrby(key, field, sends))
      return [...adding, redis.pexpire(key, KEEP_MS)]
    })
    if (kept.size > 0) commands.push(redis.hset(keys.lastAnswers, kept))
    try {
      await asStoreError('traffic', Promise.all(commands))
      isFailing = false
    } catch (err) {
      if (!isFailing) log.warn({ err }, 'counts of the traffic not written')
      isFailing = true
    }
  }

  /** Writes what was gathered, and waits until all of it is written. */
  function flush(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    const [counted, kept] = [counts, answers]
    counts = new Map()
    answers = new Map()
    if (counted.size + kept.size > 0) writing = writing.then(() => write(counted, kept))
    return writing
  }

  function writeSoon(): void {
    timer ??= setTimeout(() => void flush(), WRITE_EVERY_MS).unref()
  }

  /** @param by the gateway, or the reason of a failure; '' for `accepted` and for a gateway that is not known */
  function count(what: Counted, scene: string, by: string): void {
    const minute = Math.floor(now() / MINUTE_MS)
    const field = `${what} ${scene} ${by}`
    for (const key of [keys.traffic(minute), keys.trafficOfHour(Math.floor(minute / 60))]) {
      const fields = counts.get(key) ?? new Map<string, number>()
      counts.set(key, fields.set(field, (fields.get(field) ?? 0) + 1))
    }
    writeSoon()
  }

  /** Keeps an answer of a gateway. If two processes keep answers of the same second, either may remain. */
  function answered(gateway: string, cls: string, code: string): void {
    const kind = cls === 'accepted' ? 'accepted' : 'refused'
    answers.set(`${kind} ${gateway}`, `${now()} ${cls} ${code}`)
    writeSoon()
  }

  return { count, answered, flush }
}
export type Traffic = ReturnType<typeof createTraffic>

/** Reads the counts of the current minute and of so many minutes before it, at most a day. @throws StoreError */
export async function readTraffic(redis: RedisClient, minutes: number): Promise<TrafficCount[]> {
  const current = Math.floor((await redisClockMs(redis)) / MINUTE_MS)
  const names = periodsOf(current - minutes, current)
  const hashes = await asStoreError('traffic', Promise.all(names.map((name) => redis.hgetall(name))))
  const sums = new Map<string, number>()
  for (const [field, count] of hashes.flatMap((hash) => Object.entries(hash)))
    sums.set(field, (sums.get(field) ?? 0) + Number(count))
  return [...sums].flatMap(([field, count]) => {
    const [name, scene = '', by = ''] = field.split(' ')
    const what = COUNTED.find((one) => one === name)
    return what === undefined ? [] : [{ what, scene, by, count }]
  })
}

/** The keys of these minutes: minutes up to the first full hour, and then hours. */
function periodsOf(first: number, last: number): string[] {
  const names: string[] = []
  for (let minute = first; minute <= last; minute += minute % 60 === 0 ? 60 : 1)
    names.push(minute % 60 === 0 ? keys.trafficOfHour(minute / 60) : keys.traffic(minute))
  return names
}

/** Reads the newest acceptance and the newest refusal of each gateway in 25 hours, newest first. @throws StoreError */
export async function readLastAnswers(redis: RedisClient): Promise<LastAnswer[]> {
  const [now, stored] = await Promise.all([
    redisClockMs(redis),
    asStoreError('last answers', redis.hgetall(keys.lastAnswers)),
  ])
  return (
    Object.entries(stored)
      .map(([field, value]) => {
        const [at, cls = '', ...code] = value.split(' ')
        return { gateway: field.split(' ')[1] ?? '', at: Number(at), class: cls, code: code.join(' ') }
      })
      // The hash has no expiry of its fields: a gateway that was removed would stay in the list.
      .filter(({ at }) => at > now - KEEP_MS)
      .toSorted((a, b) => b.at - a.at)
  )
}

/** After these answers a gateway accepts no message until a person has corrected something. */
const NEEDS_A_PERSON = ['config', 'template']
/** An older refusal may be of an account that was corrected since. */
const RECENT_SECONDS = 600

type Aged = { gateway: string; class: string; ageSeconds: number }

/** Picks the newest answer of each gateway if it is recent. @param answers newest first */
export const newestAnswers = <Answer extends Aged>(answers: readonly Answer[]): Answer[] =>
  answers.filter(
    (one, i) =>
      answers.findIndex(({ gateway }) => gateway === one.gateway) === i && one.ageSeconds <= RECENT_SECONDS,
  )

/** Whether the answer shows that the account, key, balance, template or signature of a gateway is wrong. */
export const needsCorrection = (answer: { class: string }): boolean => NEEDS_A_PERSON.includes(answer.class)

/** Picks the newest answer of each gateway if it needs a correction. @param answers newest first */
export const answersToCorrect = <Answer extends Aged>(answers: readonly Answer[]): Answer[] =>
  newestAnswers(answers).filter(needsCorrection)

import { FIELD_SPECS, TIME } from './codes/record-spec.ts'
import { keys } from '../src/redis/keys.ts'
import type { RedisClient } from '../src/redis/connect.ts'

/** Lets time pass for a counter (counter.lua), by moving the begin of its buckets into the past. */
export async function ageCounter(redis: RedisClient, key: string, seconds: number): Promise<void> {
  const counter = await redis.getBuffer(key)
  if (counter === null) return
  counter.writeUIntBE(counter.readUIntBE(0, 6) - seconds * 1000, 0, 6)
  await redis.set(key, counter, 'KEEPTTL')
}

export const SCENES = ['default', 'login'] as const
export type Scene = (typeof SCENES)[number]

/** The fields of a code record that hold a time. */
const TIMES = Object.entries(FIELD_SPECS).flatMap(([name, { values }]) => (values === TIME ? [name] : []))

const AGE = `
local by = 0 - ARGV[1]
for _, key in ipairs(KEYS) do
  local kind = redis.call('TYPE', key).ok
  if kind == 'zset' then
    for _, member in ipairs(redis.call('ZRANGE', key, 0, -1)) do
      redis.call('ZINCRBY', key, by, member)
    end
  elseif kind == 'hash' then
    for _, field in ipairs({${TIMES.map((field) => `'${field}'`).join(', ')}}) do
      if redis.call('HEXISTS', key, field) == 1 then redis.call('HINCRBY', key, field, by) end
    end
  end
  local left = redis.call('PTTL', key)
  if ARGV[2] == '1' and left >= 0 then redis.call('PEXPIRE', key, left + by) end
end
return 1
`

/**
 * Lets time pass for sorted sets and code records: moves their times into the past. This is one step, because the time
 * that many steps take would pass as well.
 */
export async function ageTimes(redis: RedisClient, held: readonly string[], seconds: number): Promise<void> {
  await redis.eval(AGE, held.length, ...held, Math.round(seconds * 1000), 0)
}

/**
 * Lets time pass for one phone, in one step: moves its stored times into the past and shortens the life of its keys.
 * A key that would have expired by then is deleted.
 */
export async function agePhone(redis: RedisClient, ph: string, seconds: number): Promise<void> {
  const held = [
    ...SCENES.flatMap((scene) => [keys.code(ph, scene), keys.guesses(ph, scene)]),
    keys.sends(ph),
    keys.missesWithId(ph),
    keys.missesWithoutId(ph),
    keys.quota(ph),
  ]
  await redis.eval(AGE, held.length, ...held, Math.round(seconds * 1000), 1)
}

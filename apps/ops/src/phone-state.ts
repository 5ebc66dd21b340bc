import { createContacts } from '@sms-codes/core/codes/contacts'
import { peekCodes } from '@sms-codes/core/codes/request-status'
import { createLists } from '@sms-codes/core/limits/allow-deny-lists'
import { createLimits } from '@sms-codes/core/limits/limits'
import { parseListEntry } from '@sms-codes/core/limits/networks'
import type { RedisClient } from '@sms-codes/core/redis/connect'
import { keys } from '@sms-codes/core/redis/keys'
import type { Phone } from './phone.ts'

const DAY = [{ most: 1_000_000, seconds: 86_400 }]

/** Reads what Redis has about a phone. The result has no code, address, request id or number. @throws StoreError */
export async function readPhone(redis: RedisClient, { config, keyring, mobile, ph }: Phone) {
  const limits = createLimits(redis)
  const misses = async (key: string) => (await limits.room({ key, windows: DAY })).windows[0]?.used ?? 0
  const scenes = [...config.policies.keys()]
  const policies = [...config.policies.values()]
  const [codes, rooms, hasContact, listed, withId, blind] = await Promise.all([
    peekCodes(redis, ph, scenes),
    Promise.all(policies.map(({ sends }) => limits.room({ key: keys.sends(ph), windows: sends }))),
    createContacts(redis, keyring).has(ph),
    createLists(redis).look({ ip: '', mobile, ph }),
    misses(keys.missesWithId(ph)),
    misses(keys.missesWithoutId(ph)),
  ])
  return {
    pseudonym: ph,
    hasContact,
    // The result has only the kind of a list entry, because a segment would reveal masked digits of the number.
    listed: { allow: kindOf(listed.allow), deny: kindOf(listed.deny) },
    misses: { withId, blind },
    scenes: scenes.map((scene, i) => {
      const { request, isUsed = false } = codes.find((one) => one.scene === scene) ?? {}
      return {
        scene,
        status: request?.status ?? null,
        channel: request?.channel ?? null,
        sends: request?.sends ?? 0,
        used: isUsed,
        reason: request?.reason ?? '',
        times: (request?.times ?? []).map(({ state, ms }) => ({ state, at: new Date(ms).toISOString() })),
        windows: (rooms[i]?.windows ?? []).map(({ most, seconds, left }) => ({ most, seconds, left })),
        nextSeconds: rooms[i]?.retryAfter ?? 0,
      }
    }),
  }
}
export type PhoneState = Awaited<ReturnType<typeof readPhone>>

const kindOf = (entry: string | null) => (entry === null ? null : (parseListEntry(entry)?.kind ?? null))

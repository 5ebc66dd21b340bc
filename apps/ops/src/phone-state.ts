import { createContacts } from '@sms-codes/core/codes/contacts'
import { peekCodes } from '@sms-codes/core/codes/request-status'
import { createLists } from '@sms-codes/core/limits/allow-deny-lists'
import { createLimits } from '@sms-codes/core/limits/limits'
import { parseListEntry } from '@sms-codes/core/limits/networks'
import { keys } from '@sms-codes/core/redis/keys'
import { policyOf, type Phone } from './phone.ts'
import type { Store } from './store.ts'

const DAY = [{ most: 1_000_000, seconds: 86_400 }]

/**
 * Reads what the store holds about a phone. The result has no code, address, request id or number.
 * @throws StoreError
 */
export async function readPhone(redis: Store['redis'], { config, keyring, mobile, ph }: Phone) {
  const limits = createLimits(redis)
  const misses = (key: string) => limits.count({ key, windows: DAY })
  const scenes = [...config.policies.keys()]
  const sends = scenes.map((scene) =>
    limits.room({ key: keys.sends(ph), windows: policyOf(config)(scene).sends }),
  )
  const [codes, rooms, hasContact, listed, withId, blind] = await Promise.all([
    peekCodes(redis, ph, scenes),
    Promise.all(sends),
    createContacts(redis, keyring).has(ph),
    createLists(redis).look({ ip: '', mobile, ph }),
    misses(keys.missesWithId(ph)),
    misses(keys.missesWithoutId(ph)),
  ])
  return {
    pseudonym: ph,
    hasContact,
    // Only the kind of an entry: a segment beside a masked number would complete the number.
    listed: { allow: kindOf(listed.allow), deny: kindOf(listed.deny) },
    misses: { withId, blind },
    scenes: scenes.map((scene, i) => {
      const code = codes.find((one) => one.scene === scene)
      return {
        scene,
        status: code?.request.status ?? null,
        channel: code?.request.channel ?? null,
        sends: code?.request.sends ?? 0,
        used: code?.isUsed ?? false,
        reason: code?.request.reason ?? '',
        times: (code?.request.times ?? []).map(({ state, ms }) => ({
          state,
          at: new Date(ms).toISOString(),
        })),
        windows: (rooms[i]?.windows ?? []).map(({ most, seconds, left }) => ({ most, seconds, left })),
        nextSeconds: rooms[i]?.retryAfter ?? 0,
      }
    }),
  }
}
export type PhoneState = Awaited<ReturnType<typeof readPhone>>

const kindOf = (entry: string | null) => (entry === null ? null : (parseListEntry(entry)?.kind ?? null))

import { createCodeStore, type CodeStore } from '@sms-codes/core/codes/code-store'
import { createContacts } from '@sms-codes/core/codes/contacts'
import { keys } from '@sms-codes/core/redis/keys'
import { createLimits } from '@sms-codes/core/limits/limits'
import { parseListEntry } from '@sms-codes/core/limits/networks'
import { createLists } from '@sms-codes/core/limits/allow-deny-lists'
import { asStoreError } from '@sms-codes/core/redis/connect'
import type { Phone } from './phone.ts'
import { policyOf } from './policy-of.ts'
import { readSends } from './send-room.ts'
import type { Store } from './store.ts'

const DAY = [{ most: 1_000_000, seconds: 86_400 }]

/** What is held about a phone, without a code, an address, a request id or the number. @throws StoreError */
export async function readPhone(redis: Store['redis'], { config, keyring, mobile, ph }: Phone) {
  const codes = createCodeStore(redis, keyring, policyOf(config))
  const limits = createLimits(redis)
  const misses = (key: string) => limits.count({ key, windows: DAY })
  const [room, hasContact, listed, withId, blind, scenes] = await Promise.all([
    readSends(redis, ph),
    createContacts(redis, keyring).has(ph),
    createLists(redis).look({ ip: '', mobile, ph }),
    misses(keys.missesWithId(ph)),
    misses(keys.missesWithoutId(ph)),
    Promise.all([...config.policies.keys()].map((scene) => readScene(redis, codes, ph, scene))),
  ])
  return {
    pseudonym: ph,
    hasContact,
    // Its kind only: a segment beside a masked number would complete it.
    listed: { allow: kindOf(listed.allow), deny: kindOf(listed.deny) },
    misses: { withId, blind },
    scenes: scenes.map((scene) => ({ ...scene, ...room(policyOf(config)(scene.scene).sends) })),
  }
}
export type PhoneState = Awaited<ReturnType<typeof readPhone>>

const kindOf = (entry: string | null) => (entry === null ? null : (parseListEntry(entry)?.kind ?? null))

async function readScene(redis: Store['redis'], codes: CodeStore, ph: string, scene: string) {
  const [rid, used] = await asStoreError('scene', redis.hmget(keys.code(ph, scene), 'rid', 'used'))
  const found = typeof rid === 'string' ? await codes.find(rid, [scene]) : null
  if (found === null)
    return { scene, status: null, channel: null, sends: 0, used: false, reason: '', times: [] }
  const { status, channel, sends, reason, times } = found
  return {
    scene,
    status,
    channel,
    sends,
    used: used === '1',
    reason,
    times: times.map(({ state, ms }) => ({ state, at: new Date(ms).toISOString() })),
  }
}

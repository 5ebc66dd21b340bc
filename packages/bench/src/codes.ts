import type { Redis } from 'ioredis'
import { createCodeStore, type CodePolicy } from '@sms-codes/core/codes/code-store'
import type { Keyring } from '@sms-codes/core/keyring'
import { sealedMessage } from '@sms-codes/core/codes/sealed-message'
import type { Send } from '@sms-codes/core/codes/send'
import { keys } from '@sms-codes/core/redis/keys'
import { freshMobile } from './fresh.ts'

export type IssuedCode = { mobile: string; code: string; send: Send }

/** The API's defaults. */
const POLICY: CodePolicy = {
  length: 6,
  ttlSeconds: 300,
  sendWithinSeconds: 120,
  compares: 5,
  missesPerDay: 15,
  missesWithIdPerDay: 100,
  sends: [
    { most: 1, seconds: 60 },
    { most: 5, seconds: 3_600 },
    { most: 10, seconds: 86_400 },
  ],
}
export const SCENE = 'default'

/** Reads the code of a record: a user sees it on the phone. Returns '' when the record has none. */
export async function readCode(redis: Redis, keyring: Keyring, mobile: string): Promise<string> {
  const record = keys.code(keyring.pseudonym(mobile), SCENE)
  const [rid, sealed] = await redis.hmget(record, 'rid', 'sealed')
  return sealedMessage.open(keyring, rid ?? '', sealed ?? '')?.code ?? ''
}

/** Issues codes with the API's own store. */
export function createIssuer(redis: Redis, keyring: Keyring) {
  const store = createCodeStore(redis, keyring, () => POLICY)
  /** @throws Error when a rate limit refuses the code */
  return async (mobile: string): Promise<IssuedCode> => {
    const issued = await store.issue(mobile, SCENE)
    if (issued.kind !== 'issued') throw new Error('a rate limit refused a code')
    return { mobile, code: await readCode(redis, keyring, mobile), send: issued.send }
  }
}

/** Issues codes to numbers in E.164, as the API does. A worker refuses a job that was made from another form. */
export async function issueCodes(redis: Redis, keyring: Keyring, count: number): Promise<IssuedCode[]> {
  const issue = createIssuer(redis, keyring)
  return inBatches(count, async () => issue(`+86${freshMobile()}`))
}

/** Makes `count` calls, at most `atOnce` at the same time, and returns their results in order. */
export async function inBatches<T>(
  count: number,
  call: (at: number) => Promise<T>,
  atOnce = 1_000,
): Promise<T[]> {
  const results: T[] = []
  let next = 0
  async function lane(): Promise<void> {
    for (let at = next++; at < count; at = next++) results[at] = await call(at)
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, lane))
  return results
}

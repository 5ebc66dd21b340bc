import { readSendId } from '@sms-codes/core/codes/send'
import { pseudonymOf } from '@sms-codes/core/keyring'
import { loadNumbers } from '@sms-codes/core/numbers'
import type { RedisClient } from '@sms-codes/core/redis/connect'
import { keyFaults } from '@sms-codes/core/redis/key-faults'
import type { TextName } from './texts.ts'

/** The only POST of the pages about messages. */
export const SEARCH_ROUTE = '/messages/search'

const PSEUDONYM = /^[A-Za-z0-9_-]{22}$/

export const isPseudonym = (text: string): boolean => PSEUDONYM.test(text)

export type SearchDeps = {
  redis: RedisClient
  /** Without it, phones cannot be found. */
  phoneKey: Buffer | undefined
  /** The countries that the policy serves. */
  countries: readonly string[]
}

/** Returns a function that finds the page of what an operator typed: a request id or a number. */
export async function createSearch({ redis, phoneKey, countries }: SearchDeps) {
  const readNumber = phoneKey === undefined ? undefined : await loadNumbers(new Set(countries))

  /** @throws StoreError */
  return async (typed: string): Promise<{ path: string } | { status: 400 | 503; fault: TextName }> => {
    const sought = typed.trim()
    if (readSendId(sought) !== null) return { path: `/messages/requests/${sought}` }
    if (phoneKey === undefined || readNumber === undefined) return { status: 400, fault: 'search_wrong_id' }
    const number = readNumber(sought)
    if (!('mobile' in number)) return { status: 400, fault: 'search_wrong' }
    const faults = await keyFaults(redis, { phoneKey, codeKeys: [] }, false)
    if (faults.length > 0) return { status: 503, fault: 'search_wrong_key' }
    return { path: `/messages/phones/${pseudonymOf(phoneKey, number.mobile)}` }
  }
}

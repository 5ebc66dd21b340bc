import { createAudit } from '@sms-codes/core/limits/audit'
import { keys } from '@sms-codes/core/redis/keys'
import { scrub } from '@sms-codes/core/mobile'
import { asStoreError } from '@sms-codes/core/redis/connect'
import type { Store } from './store.ts'

/** What an operator did to a list. The phone, if it is one, is in `entry` by its pseudonym. */
export type ListAct = { act: 'block' | 'allow' | 'unlist'; entry: string; reason: string }

const LOOKED_AT = 1_000

/**
 * What operators did to lists, in the stream of decisions.
 *
 * Every method throws StoreError when Redis does not answer.
 */
export function createListAudit(redis: Store['redis']) {
  const audit = createAudit(redis)
  return {
    async write({ act, entry, reason }: ListAct): Promise<void> {
      // A person writes a reason, and might write a number into it.
      await audit({ what: 'operator', act, entry, reason: scrub(reason) })
    },

    /** The newest reason for each entry that was listed not too many decisions ago. */
    async reasons(): Promise<Map<string, string>> {
      const newest = await asStoreError('audit', redis.xrevrange(keys.audit, '+', '-', 'COUNT', LOOKED_AT))
      const acts = newest.map(([, fields]) => toRecord(fields)).filter(({ what }) => what === 'operator')
      return new Map(acts.toReversed().map(({ entry = '', reason = '' }) => [entry, reason]))
    },
  }
}

function toRecord(fields: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    fields.flatMap((name, i): [string, string][] => (i % 2 === 0 ? [[name, fields[i + 1] ?? '']] : [])),
  )
}

import type { CodeStore } from '@sms-codes/core/codes/code-store'
import { keys } from '@sms-codes/core/redis/keys'
import { createCounters } from '@sms-codes/core/limits/counters'
import { createLists } from '@sms-codes/core/limits/allow-deny-lists'
import { jobOf } from '@sms-codes/core/queues/send-queue'
import { createSmsQueue } from '@sms-codes/core/queues/shards'
import { OpsError } from '../args.ts'
import { showSeconds } from '../output.ts'
import type { Phone } from '../phone.ts'
import type { Store } from '../store.ts'

/** The time 0 is before every window, so giving a unit of that time back changes nothing. */
const NO_BUDGET = { kind: 'taken', at: 0 } as const

/**
 * Issues one code and enqueues its message, with the same steps as the API. If a step fails, the message no
 * longer counts against the limits that earlier steps counted it in.
 * @throws OpsError if the send is not allowed, StoreError
 */
export async function issueTest(phone: Phone, scene: string, codes: CodeStore, { redis, log }: Store) {
  const { mobile, country, ph, config } = phone
  if (config.testNumbers.includes(mobile))
    throw new OpsError(
      'this number is one of test_numbers in the policy: its code is fixed, and no message is sent to it',
    )
  if ((await createLists(redis).look({ ip: '', mobile, ph })).deny !== null)
    throw new OpsError('this phone or its segment is on the deny list; "lists" shows it, "unlist" removes it')
  const counters = createCounters(redis)
  const { budget: windows } = config
  const budget = windows.length > 0 ? await counters.take([{ key: keys.budget, windows }]) : NO_BUDGET
  if (budget.kind === 'full')
    throw new OpsError(`the budget of the policy is spent; try again in ${showSeconds(budget.retryAfter)}`)
  const giveBack = () => counters.giveBack(budget.at, [keys.budget])
  const issued = await codes.issue(mobile, scene, { budgetUnit: budget.at }).catch(async (err: unknown) => {
    await giveBack().catch(() => {})
    throw err
  })
  if (issued.kind === 'throttled') {
    await giveBack()
    const [window, wait] = [showSeconds(issued.windowSeconds), showSeconds(issued.retryAfter)]
    throw new OpsError(`rate limit reached (${window}); try again in ${wait}`)
  }
  const queue = createSmsQueue(redis, log, config.shards)
  try {
    const locale = config.localeOf(undefined, scene, country)
    await queue.add(jobOf(issued.send, mobile, { country, locale }))
  } catch (err) {
    // If a worker has begun the send, the message may still reach the phone, and it still counts against the limits.
    const isRefunded = await codes.refund(issued.send).catch(() => false)
    if (isRefunded) await giveBack().catch(() => {})
    throw err
  } finally {
    await queue.close()
  }
  return issued
}

import type { CodeStore, Issued } from '@sms-codes/core/codes/code-store'
import { keys } from '@sms-codes/core/redis/keys'
import { createLimits } from '@sms-codes/core/limits/limits'
import { createLists } from '@sms-codes/core/limits/allow-deny-lists'
import { maskMobile, segmentOf } from '@sms-codes/core/mobile'
import { createSendQueue } from '@sms-codes/core/queues/send-queue'
import { showSeconds } from '../duration.ts'
import { OpsError } from '../ops-error.ts'
import type { Phone } from '../phone.ts'
import type { Store } from '../store.ts'

/**
 * One code, issued and enqueued in the order of the API's own steps. When it comes to nothing, what it took is
 * given back.
 * @throws OpsError with what is in the way, StoreError
 */
export async function issueTest(
  phone: Phone,
  scene: string,
  codes: CodeStore,
  { redis, log }: Store,
): Promise<Extract<Issued, { kind: 'issued' }>> {
  const { mobile, ph, config } = phone
  if (config.testNumbers.includes(mobile))
    throw new OpsError('this number is one of TEST_NUMBERS: it has a fixed code and is never sent anything')
  if ((await createLists(redis).look({ ip: '', mobile, ph })).deny !== null)
    throw new OpsError(
      'this phone is blocked, itself or with its segment; "lists" shows by what, "unlist" undoes it',
    )
  const giveBack = await takeBudget(redis, config.budget)
  const issued = await codes.issue(mobile, scene)
  if (issued.kind === 'throttled') {
    await giveBack()
    throw new OpsError(
      `this phone got all that it may in ${showSeconds(issued.windowSeconds)}; the next in ${showSeconds(issued.retryAfter)}`,
    )
  }
  const queue = createSendQueue(redis, log)
  try {
    await queue.add({ v: 1, ...issued.send, to: maskMobile(mobile), segment: segmentOf(mobile) })
  } catch (err) {
    // If a worker has claimed the send, its message may leave after all, and nothing comes back.
    const isRefunded = await codes.refund(issued.send).catch(() => false)
    if (isRefunded) await giveBack().catch(() => {})
    throw err
  } finally {
    await queue.close()
  }
  return issued
}

async function takeBudget(redis: Store['redis'], windows: Phone['config']['budget']) {
  if (windows.length === 0) return async () => {}
  const limits = createLimits(redis)
  const key = keys.budget
  const taken = await limits.take([{ key, windows }])
  if (taken.kind === 'full')
    throw new OpsError(
      `the budget is spent; there is some again in ${showSeconds(taken.retryAfter)} (BUDGET_MESSAGES, BUDGET_CENTS)`,
    )
  return () => limits.giveBack(taken.member, [key])
}

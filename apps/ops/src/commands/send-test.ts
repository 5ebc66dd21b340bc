import { parseArgs } from 'node:util'
import { createCodeStore, type CodeStore } from '@sms-codes/core/codes/code-store'
import { createLists } from '@sms-codes/core/limits/allow-deny-lists'
import { createAudit } from '@sms-codes/core/limits/audit'
import { createCounters } from '@sms-codes/core/limits/counters'
import { maskMobile } from '@sms-codes/core/mobile'
import { jobOf } from '@sms-codes/core/queues/send-queue'
import { createSmsQueue } from '@sms-codes/core/queues/shards'
import { keys } from '@sms-codes/core/redis/keys'
import { onePositional, OpsError, parseDuration, type Command } from '../args.ts'
import { followSend } from '../follow-send.ts'
import { showSeconds } from '../output.ts'
import { choosePhone, countryOf, MOBILE_HELP, policyOf, type Phone } from '../phone.ts'
import { withStore, type Store } from '../store.ts'

export const sendTest: Command = {
  summary: 'send a code to a phone and follow its delivery',
  help: `send-test <mobile|-> [--scene default] [--wait 2m] [--receipt 15s]

Issues one code and enqueues its message as the API does: the phone's rate limit, the budget and the deny list apply.
Prints the request id, and each status with its time and channel. The exit code is 0 if the message was sent, delivered or sent by
e-mail, and 1 if it failed or was not sent within --wait.

${MOBILE_HELP}

  --scene <name>     a scene of the policy (default)
  --wait <time>      how long to wait until the message is sent (2m)
  --receipt <time>   how long to wait for a delivery receipt after that (15s)
`,
  async run(args, context) {
    const { terminal } = context
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        scene: { type: 'string', default: 'default' },
        wait: { type: 'string', default: '2m' },
        receipt: { type: 'string', default: '15s' },
      },
    })
    const word = onePositional(positionals, 'mobile number')
    const { scene } = values
    const waitMs = parseDuration('--wait', values.wait) * 1000
    const receiptMs = parseDuration('--receipt', values.receipt) * 1000
    const phone = await choosePhone(word, context)
    // An unknown scene is wrong usage, so it is reported before Redis is opened.
    policyOf(phone.config)(scene)
    const country = await countryOf(phone)
    await withStore(phone.config, async (store) => {
      const codes = createCodeStore(store.redis, phone.keyring, policyOf(phone.config))
      const act = { what: 'operator', act: 'send-test', entry: phone.ph, reason: `scene ${scene}` }
      await createAudit(store.redis)(act)
      const issued = await issueTest({ ...phone, country }, scene, codes, store)
      const { n } = issued.send
      const which = n === 1 ? 'new code' : `same code again (send ${n})`
      const [shown, life] = [maskMobile(phone.mobile), showSeconds(issued.expiresIn)]
      terminal.say(`request ${issued.requestId}`)
      terminal.say(`${shown}, scene ${scene}: ${which}, valid for ${life}`)
      await followSend(() => codes.find(issued.requestId, [scene]), { waitMs, receiptMs }, terminal)
    })
  },
}

/** The time 0 is before every window, so giving a unit of that time back changes nothing. */
const NO_BUDGET = { kind: 'taken', at: 0 } as const

/**
 * Issues one code and enqueues its message, with the same steps as the API. If a step fails, the message no
 * longer counts against the limits that earlier steps counted it in.
 * @throws OpsError if the send is not allowed, StoreError
 */
async function issueTest(
  phone: Phone & { country: string },
  scene: string,
  codes: CodeStore,
  { redis, log }: Store,
) {
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

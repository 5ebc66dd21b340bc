import { createCodeStore } from '../src/codes/code-store.ts'
import { createContacts } from '../src/codes/contacts.ts'
import type { Keyring } from '../src/keyring.ts'
import { createDeliveryReceipts } from '../src/queues/delivery-receipts.ts'
import { keys } from '../src/redis/keys.ts'
import { createLimits } from '../src/limits/limits.ts'
import { createLists } from '../src/limits/allow-deny-lists.ts'
import { createQuotas } from '../../../apps/worker/src/gateways/quotas.ts'
import type { RedisClient } from '../src/redis/connect.ts'
import { createScript } from '../src/redis/script.ts'
import type { Send } from '../src/codes/send.ts'
import { createSendLedger } from '../src/codes/send-ledger.ts'
import { agePhone } from './age.ts'
import { scriptFile } from './scripts.ts'
import { policy, sendOf, wrong } from './store.ts'

const LEASE_MS = 6_500

/** Two messages to a phone and what its owner and a worker do with them, by way of every script. */
export async function story(redis: RedisClient, keyring: Keyring, mobile: string): Promise<unknown[]> {
  const codes = createCodeStore(redis, keyring, () => policy)
  const ledger = createSendLedger(redis, keyring)
  const limits = createLimits(redis)
  const gate = (['address', 'subnet', 'segment', 'budget'] as const).map((what) => ({
    key: keys.gate(what, mobile),
    windows: [{ most: 1, seconds: 60 }],
  }))
  const ph = keyring.pseudonym(mobile)
  const answers: unknown[] = []
  const told = <T>(answer: T): T => {
    answers.push(answer)
    return answer
  }

  const taken = told(await limits.take(gate))
  told(await limits.take(gate))
  for (const limit of gate) told(await limits.count(limit))
  await limits.giveBack(
    taken.kind === 'taken' ? taken.member : '',
    gate.map(({ key }) => key),
  )
  told(await limits.take(gate))

  const undone = sendOf(told(await codes.issue(mobile, 'default')))
  told(await codes.refund(undone))
  told(await codes.refund(undone))
  const first = sendOf(told(await codes.issue(mobile, 'default')))
  told(await codes.issue(mobile, 'login'))
  const claim = told(await ledger.claim(first, 'ccp', { fence: 0, leaseMs: LEASE_MS }))
  told(await ledger.lapse(first))
  told(await ledger.claim(first, 'aliyun', { fence: 0, leaseMs: LEASE_MS }))
  await agePhone(redis, ph, 61)
  const code = claim.kind === 'go' ? claim.code : ''
  told(await ledger.claim(first, 'aliyun', { fence: 0, leaseMs: LEASE_MS }))
  told(await ledger.settle(first, 1, { status: 'failed' }))
  told(await ledger.settle(first, 2, { status: 'sent', gateway: 'aliyun', channel: 'sms' }))

  const again = sendOf(told(await codes.issue(mobile, 'default')))
  told(await codes.verify(mobile, 'default', wrong(code), undefined))
  told(await codes.verify(mobile, 'default', wrong(code), first.rid))
  told(await codes.verify(mobile, 'login', code, undefined))
  told(await codes.verify(mobile, 'default', code, first.rid, 'this act'))
  told(await codes.verify(mobile, 'default', code, first.rid, 'this act'))
  told(await codes.verify(mobile, 'default', code, first.rid, 'another'))
  told(await ledger.claim(again, 'ccp', { fence: 0, leaseMs: LEASE_MS }))
  told(await codes.find(first.rid, ['default', 'login']))
  const contacts = createContacts(redis, keyring)
  const other = String(Number(mobile) + 1_000_000)
  await codes.issue(other, 'login')
  await contacts.put(other, { email: 'a@b.example', verifiedAt: '2026-01-01T00:00:00.000Z' })
  told(await contacts.find(other))
  told(await contacts.erase(other, ['default', 'login']))
  told(await contacts.find(other))
  const redeem = createScript(redis, scriptFile('redeem'))
  told((await redeem([keys.redeemed(mobile)], [4_000_000_000_000])).kind)
  told((await redeem([keys.redeemed(mobile)], [4_000_000_000_000])).kind)
  await delivered(redis, keyring, mobile, first, told)
  await repeated(redis, mobile, told)
  await guarded(redis, mobile, told)
  return answers.map((answer) => comparable(answer))
}

type Told = <T>(answer: T) => T

/** What gateways say later of their messages, and how many of them a phone may get. */
async function delivered(
  redis: RedisClient,
  keyring: Keyring,
  mobile: string,
  { rid }: Send,
  told: Told,
): Promise<void> {
  const receipts = createDeliveryReceipts(redis, keyring)
  told(await receipts.arrive('aliyun', mobile, 'delivered'))
  told(
    await receipts.expect('aliyun', mobile, {
      v: 1,
      rid,
      scene: 'default',
      n: 1,
      to: '138****8000',
      segment: '138',
    }),
  )
  told(await createSendLedger(redis, keyring).report({ rid, scene: 'default', n: 2 }, 'delivered', false))
  const quotas = createQuotas(redis)
  for (const message of ['one', 'one', 'two'])
    told(await quotas.take('aliyun', mobile, message, [{ most: 1, seconds: 60 }]))
}

/** A request that is repeated while it is under way, with another body, and when it was answered. */
async function repeated(redis: RedisClient, mobile: string, told: Told): Promise<void> {
  const begin = createScript(redis, scriptFile('idempotency-begin'))
  const finish = createScript(redis, scriptFile('idempotency-finish'))
  const slot = [keys.idempotency(mobile)]
  told((await begin(slot, ['body', 'first', 5_000, 60_000])).kind)
  told((await begin(slot, ['body', 'second', 5_000, 60_000])).kind)
  told((await finish(slot, ['second', 60_000, 202, '0', 'sealed'])).kind)
  told((await finish(slot, ['first', 60_000, 202, '0', 'sealed'])).kind)
  told((await begin(slot, ['body', 'third', 5_000, 60_000])).kind)
  told((await begin(slot, ['another body', 'third', 5_000, 60_000])).kind)
}

/** A group that becomes hot, a list whose entry comes, moves and goes, and a queue where a job waits. */
async function guarded(redis: RedisClient, mobile: string, told: Told): Promise<void> {
  const queue = `{${mobile}}:queue:`
  await redis.hset(`${queue}job`, 'timestamp', 1)
  await redis.lpush(`${queue}wait`, 'job')
  const oldest = await createScript(redis, scriptFile('oldest-waiting'))([`${queue}wait`], [queue, 20])
  told(oldest.number('added_at'))

  const judge = createScript(redis, scriptFile('pumping-guard'))
  const group = (['sent', 'verified', 'mark', 'times'] as const).map((what) =>
    keys.guard(what, 'address', mobile),
  )
  const limits = createLimits(redis)
  await limits.take([{ key: group[0] ?? '', windows: [{ most: 9, seconds: 60 }] }])
  for (const least of [2, 1, 1]) {
    const { rows } = await judge(group, [60_000, 60_000, least, 50, 60_000])
    for (const row of rows)
      told({
        ms: row.number('lasts'),
        figures: [row.number('is_new'), row.number('sends'), row.number('verified')],
      })
  }

  const lists = createLists(redis)
  const entry = { kind: 'phone' as const, text: mobile }
  const look = async () => lists.look({ ip: '10.0.0.1', mobile: '', ph: mobile })
  await lists.put('deny', entry)
  told(await look())
  await lists.put('allow', entry, 60)
  told(await look())
  told(await lists.remove('deny', entry))
  told(await lists.remove('allow', entry))
  told(await look())
}

const RANDOM = new Set(['member', 'code', 'rid', 'requestId', 'at'])
const SECONDS = new Set(['expiresIn', 'resendAfter', 'retryAfter'])
const MILLISECONDS = new Set(['lifeMs', 'ageMs', 'afterMs', 'waitMs', 'ms'])
const MOMENTS = new Set(['sinceMs', 'times'])

/** Without what is random, and with times rounded up to minutes: the stories do not run at one speed. */
function comparable(answer: unknown): unknown {
  if (typeof answer !== 'object' || answer === null) return answer
  return Object.fromEntries(
    Object.entries(answer).map(([name, value]: [string, unknown]) => {
      if (RANDOM.has(name)) return [name, typeof value]
      if (SECONDS.has(name)) return [name, Math.ceil(Number(value) / 60)]
      if (MILLISECONDS.has(name)) return [name, Math.ceil(Number(value) / 60_000)]
      if (MOMENTS.has(name)) return [name, Boolean(value)]
      return [name, comparable(value)]
    }),
  )
}

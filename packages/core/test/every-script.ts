import { createCodeStore } from '../src/codes/code-store.ts'
import { createContacts } from '../src/codes/contacts.ts'
import type { Keyring } from '../src/keyring.ts'
import { createRefusalNotes, readHistory } from '../src/history/history.ts'
import { createDeliveryReceipts } from '../src/queues/delivery-receipts.ts'
import { keyFaults } from '../src/redis/key-faults.ts'
import { keys } from '../src/redis/keys.ts'
import { createCounters, limitArg } from '../src/limits/counters.ts'
import { createGuardCounts, GROUPS } from '../src/limits/guard-counts.ts'
import { createLimits } from '../src/limits/limits.ts'
import { createLists } from '../src/limits/allow-deny-lists.ts'
import { createLogger } from '../src/logger.ts'
import type { RedisClient } from '../src/redis/connect.ts'
import { createScript } from '../src/redis/script.ts'
import type { Send } from '../src/codes/send.ts'
import { createSendLedger } from '../src/codes/send-ledger.ts'
import { agePhone } from './age.ts'
import { scriptFile } from './scripts.ts'
import { policy, sendOf, wrong } from './store.ts'

/** Longer than a busy machine takes for the steps of a phone, and shorter than the time that `agePhone` lets pass. */
const LEASE_MS = 30_000

/**
 * Runs every script at least once for one phone, and returns all answers. The answers of two runs can be compared:
 * they contain nothing random, and times only in minutes.
 */
export async function runEveryScript(
  redis: RedisClient,
  keyring: Keyring,
  mobile: string,
): Promise<unknown[]> {
  const codes = createCodeStore(redis, keyring, () => policy)
  const ledger = createSendLedger(redis, keyring)
  const limits = createLimits(redis)
  const counters = createCounters(redis)
  const windows = [{ most: 1, seconds: 60 }]
  const ph = keyring.pseudonym(mobile)
  const gate = (['address', 'subnet', 'segment'] as const).map((what) => ({
    key: keys.gate(what, ph),
    windows,
  }))
  const ownKeys = { phoneKey: Buffer.alloc(32, 1), codeKeys: [{ kid: 'k1', key: Buffer.alloc(32, 2) }] }
  const answers: unknown[] = []
  const note = <T>(answer: T): T => {
    answers.push(answer)
    return answer
  }

  note(await keyFaults(redis, ownKeys))
  note(await keyFaults(redis, { ...ownKeys, phoneKey: Buffer.alloc(32, 3) }))
  const taken = note(await counters.take(gate))
  note(await counters.take(gate))
  for (const limit of gate) note(await counters.room(limit))
  await counters.giveBack(
    taken.kind === 'taken' ? taken.at : 0,
    gate.map(({ key }) => key),
  )
  note(await counters.take(gate))

  const rate = { key: keys.rate(mobile), windows }
  note(await limits.take(rate))
  note(await limits.take(rate))
  note(await limits.room(rate))
  const caller = [keys.ofAddress('images', mobile, mobile), keys.ofSubnet('images', mobile)]
  note(await counters.take(caller.map((key) => ({ key, windows }))))

  const refunded = sendOf(note(await codes.issue(mobile, 'default')))
  note(await codes.refund(refunded))
  note(await codes.refund(refunded))
  const first = sendOf(note(await codes.issue(mobile, 'default')))
  note(await codes.issue(mobile, 'login'))
  const quota = { messageId: 'one', windows: [{ most: 1, seconds: 60 }] }
  const claim = note(await ledger.claim(first, 'ccp', { fence: 0, leaseMs: LEASE_MS, quota }))
  await ledger.giveQuotaBack(first, 'ccp', 'one')
  note(await ledger.claim(first, '', { fence: 0, leaseMs: 0 }))
  note(await ledger.claim(first, 'aliyun', { fence: 0, leaseMs: LEASE_MS }))
  await agePhone(redis, ph, 61)
  const code = claim.kind === 'go' ? claim.code : ''
  note(await ledger.claim(first, 'aliyun', { fence: 0, leaseMs: LEASE_MS }))
  note(await ledger.settle(first, 1, { status: 'failed' }))
  note(await ledger.settle(first, 2, { status: 'sent', gateway: 'aliyun', channel: 'sms' }))

  const again = sendOf(note(await codes.issue(mobile, 'default')))
  note(await codes.verify(mobile, 'default', wrong(code), undefined))
  note(await codes.verify(mobile, 'default', wrong(code), first.rid))
  note(await codes.verify(mobile, 'login', code, undefined))
  note(await codes.verify(mobile, 'default', code, first.rid, 'this act'))
  note(await codes.verify(mobile, 'default', code, first.rid, 'this act'))
  note(await codes.verify(mobile, 'default', code, first.rid, 'another act'))
  note(await ledger.claim(again, 'ccp', { fence: 0, leaseMs: LEASE_MS }))
  note(await codes.find(first.rid, ['default', 'login']))
  const contacts = createContacts(redis, keyring)
  const other = String(Number(mobile) + 1_000_000)
  await codes.issue(other, 'login')
  await contacts.put(other, { email: 'a@b.example', verifiedAt: '2026-01-01T00:00:00.000Z' })
  note(await contacts.find(other))
  note(await contacts.erase(other, ['default', 'login']))
  note(await contacts.find(other))
  const redeem = createScript(redis, scriptFile('redeem'))
  note((await redeem([keys.redeemed(mobile)], [4_000_000_000_000])).kind)
  note((await redeem([keys.redeemed(mobile)], [4_000_000_000_000])).kind)
  await reportDelivery(redis, keyring, mobile, first, note)
  const refuse = createRefusalNotes(redis, keyring, 3_600)
  for (let i = 0; i < 2; i += 1) await refuse(mobile, 'default', 'limit_phone')
  note((await readHistory(redis, ph, 24)).map(({ events }) => events.length))
  await repeatRequest(redis, mobile, note)
  await judgeAndList(redis, mobile, note)
  return answers.map((answer) => comparable(answer))
}

type Note = <T>(answer: T) => T

/** The scripts of delivery receipts. */
async function reportDelivery(
  redis: RedisClient,
  keyring: Keyring,
  mobile: string,
  { rid }: Send,
  note: Note,
): Promise<void> {
  const receipts = createDeliveryReceipts(redis, keyring)
  note(await receipts.arrive('aliyun', mobile, 'delivered'))
  note(
    await receipts.expect('aliyun', mobile, {
      v: 1,
      rid,
      scene: 'default',
      n: 1,
      to: '138****8000',
      segment: '138',
    }),
  )
  note(await createSendLedger(redis, keyring).report({ rid, scene: 'default', n: 2 }, 'delivered', false))
}

/** The scripts of idempotency: a request is repeated before and after its answer, and with another body. */
async function repeatRequest(redis: RedisClient, mobile: string, note: Note): Promise<void> {
  const begin = createScript(redis, scriptFile('idempotency-begin'))
  const finish = createScript(redis, scriptFile('idempotency-finish'))
  const slot = [keys.idempotency(mobile)]
  note((await begin(slot, ['body', 'first', LEASE_MS, 60_000])).kind)
  note((await begin(slot, ['body', 'second', LEASE_MS, 60_000])).kind)
  note((await finish(slot, ['second', 60_000, 'sealed'])).kind)
  note((await finish(slot, ['first', 60_000, 'sealed'])).kind)
  note((await begin(slot, ['body', 'third', LEASE_MS, 60_000])).kind)
  note((await begin(slot, ['another body', 'third', LEASE_MS, 60_000])).kind)
}

/** The scripts of the pumping guard, of the allow and deny lists, and of a waiting job. */
async function judgeAndList(redis: RedisClient, mobile: string, note: Note): Promise<void> {
  const queue = `{${mobile}}:queue:`
  await redis.hset(`${queue}job`, 'timestamp', 1)
  await redis.lpush(`${queue}wait`, 'job')
  const structures = ['wait', 'active', 'delayed', 'failed', 'meta'].map((key) => `${queue}${key}`)
  const state = await createScript(redis, scriptFile('queue-state'))(structures, [queue, 20, 2, 60_000])
  note(['waiting', 'paused', 'untaken', 'unaccepted', 'sends', 'overdue'].map((name) => state.number(name)))

  await admit(redis, mobile, note)

  const lists = createLists(redis)
  const entry = { kind: 'phone' as const, text: mobile }
  const lookUp = async () => lists.look({ ip: '10.0.0.1', mobile: '', ph: mobile })
  await lists.put('deny', entry)
  note(await lookUp())
  await lists.put('allow', entry, 60)
  note(await lookUp())
  note(await lists.remove('deny', entry))
  note(await lists.remove('allow', entry))
  note(await lookUp())
}

/** The admission of a send: admitted, denied by the guard because no code of its group was verified, and full. */
async function admit(redis: RedisClient, mobile: string, note: Note): Promise<void> {
  const group = { mobile, address: mobile }
  const counts = createGuardCounts(
    redis,
    { segment: 60, address: 60, service: 60 },
    createLogger('test', 'silent'),
  )
  const limits = ['attempts', 'subnet_attempts', 'address', 'subnet', 'segment', 'country'] as const
  // A key contains the first 12 characters only.
  const who = mobile.split('').toReversed().join('')
  const groups = GROUPS.map((name) => `${keys.guarded('address', mobile)}:${name}`)
  const allKeys = [
    ...limits.map((what) => keys.gate(what, who)),
    `${keys.budget}:${mobile}`,
    keys.guarded('address', mobile),
    ...groups.slice(1),
    ...groups.map((key) => `${key}:mark`),
    ...groups.map((key) => `${key}:times`),
    ...['allow', 'deny', 'version'].map((what) => `${keys.listVersion}:${mobile}:${what}`),
  ]
  const rule = { seconds: 60, sends: 1, percent: 50, mode: 'deny', mark_ms: 60_000 }
  const windows = [{ most: 3, seconds: 60 }]
  const rules = {
    limits: [...limits, 'budget'].map((name) => ({ name, ...limitArg({ key: name, windows }) })),
    countries: [{ name: 'country', ...limitArg({ key: 'country', windows }) }],
    back_ends: [{ name: 'api_key', ...limitArg({ key: 'api_key', windows }) }],
    limit_key: { name: 'limit_key', ...limitArg({ key: 'limit_key', windows }) },
    proof_after: 10,
    groups: [rule, rule, rule],
  }
  const script = createScript(redis, scriptFile('admission'), { rules })
  const ofBackEnd = ['api_key', 'limit_key'].map((what) => `${keys.budget}:${mobile}:${what}`)
  const ask = async (backEnd = 0) => {
    const given = backEnd === 0 ? allKeys : [...allKeys, ...ofBackEnd]
    const { kind, rows } = await script(given, ['', 0, 0, mobile, 1, 0, backEnd, 1])
    note({
      kind,
      figures: rows.map((row) => [row.number('group'), row.number('sends'), row.number('verified')]),
    })
  }
  await ask()
  counts.countSent(group)
  await counts.flush()
  for (const backEnd of [0, 0, 0, 1, 1]) await ask(backEnd)
}

const RANDOM = new Set(['member', 'code', 'rid', 'requestId', 'at'])
const SECONDS = new Set(['expiresIn', 'resendAfter', 'retryAfter'])
const MILLISECONDS = new Set(['lifeMs', 'ageMs', 'afterMs', 'waitMs', 'ms'])
const TIMESTAMPS = new Set(['sinceMs', 'times'])

/** An answer without random values, and with times rounded up to minutes, because two runs differ in speed. */
function comparable(answer: unknown): unknown {
  if (typeof answer !== 'object' || answer === null) return answer
  return Object.fromEntries(
    Object.entries(answer).map(([name, value]: [string, unknown]) => {
      if (RANDOM.has(name)) return [name, typeof value]
      if (SECONDS.has(name)) return [name, Math.ceil(Number(value) / 60)]
      if (MILLISECONDS.has(name)) return [name, Math.ceil(Number(value) / 60_000)]
      if (TIMESTAMPS.has(name)) return [name, Boolean(value)]
      return [name, comparable(value)]
    }),
  )
}

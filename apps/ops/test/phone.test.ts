import { randomBytes } from 'node:crypto'
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createContacts } from '@sms-codes/core/codes/contacts'
import { createSendLedger } from '@sms-codes/core/codes/send-ledger'
import { keyFaults } from '@sms-codes/core/redis/key-faults'
import { policyFile } from '@sms-codes/launcher/policy-file'
import { loadPhoneConfig } from '../src/config.ts'
import { aMobile, startOps, type RunningOps } from './ops.ts'

let ops: RunningOps
beforeAll(async () => {
  ops = await startOps({
    POLICY_FILE: policyFile({ scenes: { default: {}, login: { sends: ['3/10m'] } } }),
  })
})
afterAll(() => ops.stop())

const EMAIL = 'owner@example.com'

/** A phone with every kind of data: a sent code, a wrong code, a contact and a list entry. */
async function aKnownPhone() {
  const mobile = aMobile()
  const issued = await ops.codes.issue(mobile, 'login')
  if (issued.kind !== 'issued') throw new Error('not issued')
  const { send } = issued
  const claim = await createSendLedger(ops.redis, ops.keyring).claim(send, 'ccp', {
    fence: 0,
    leaseMs: 1_000,
  })
  if (claim.kind !== 'go') throw new Error('not claimed')
  await createSendLedger(ops.redis, ops.keyring).settle(send, claim.fence, { status: 'sent', channel: 'sms' })
  await ops.codes.verify(mobile, 'login', claim.code === '000000' ? '111111' : '000000', undefined)
  const verifiedAt = new Date().toISOString()
  await createContacts(ops.redis, ops.keyring).put(mobile, { email: EMAIL, verifiedAt })
  await ops.run(['block', mobile.slice(0, 7), '--yes'])
  return { mobile, code: claim.code, rid: send.rid }
}

test('phone shows all data about a phone except its secrets', async () => {
  const { mobile, code, rid } = await aKnownPhone()
  const shown = await ops.run(['phone', mobile])
  expect(shown.code).toBe(0)
  expect(shown.stdout).toContain(`${mobile.slice(0, 3)}****${mobile.slice(7)}`)
  expect(shown.stdout).toMatch(/^login +sent +sms +1 +no +now +2 in 10 min$/m)
  expect(shown.stdout).toMatch(/^default +- +- +0 +- +in \d+ s +0 in 60 s, 4 in 60 min, 9 in 24 h$/m)
  expect(shown.stdout).toMatch(/^login: queued 20\S+Z, sending 20\S+Z, sent 20\S+Z$/m)
  expect(shown.stdout).toContain('0 with a request id, 1 without')
  expect(shown.stdout).toContain('lists: deny (by segment)\n')
  expect(shown.stdout).toContain('contact: stored')
  expect(shown.stdout).toMatch(new RegExp(`^20\\S+Z {2}login {2}not used {2}${rid}$`, 'm'))
  // The first seven digits beside the last four would be the number.
  for (const hidden of [code, EMAIL, mobile.slice(0, 7)]) expect(shown.all).not.toContain(hidden)
  const [first] = (await ops.run(['phone', '-'], { input: mobile })).stdout.split('\n')
  expect(shown.stdout.split('\n')[0]).toBe(first)
})

test('phone of an unknown phone shows that there is no data, and writes none', async () => {
  const { code, stdout } = await ops.run(['phone', aMobile()])
  expect(code).toBe(0)
  expect(stdout).toMatch(/^default +- +- +0 +- +now +1 in 60 s, 5 in 60 min, 10 in 24 h$/m)
  expect(stdout).toContain('lists: none')
  expect(stdout).toContain('contact: none')
})

test('erase deletes the data about a phone, lists it, and finds nothing the second time', async () => {
  const { mobile } = await aKnownPhone()
  const ph = ops.keyring.pseudonym(mobile)
  const erased = await ops.run(['erase', '-', '--yes'], { input: `${mobile}\n` })
  expect(erased.code).toBe(0)
  expect(erased.stdout).toMatch(/erased code:login, sends, misses:blind, contact, history\n$/)
  expect(await ops.redis.keys(`*${ph}*`)).toEqual([])
  expect((await ops.run(['erase', mobile, '--yes'])).stdout).toMatch(/no data found/)
})

test('a command that waits for a number ends when it is stopped', async () => {
  const stop = new AbortController()
  const input = new PassThrough()
  const looking = ops.run(['phone', '-'], { input, signal: stop.signal })
  input.write(aMobile())
  stop.abort()
  const looked = await looking
  expect([looked.code, looked.stderr]).toEqual([1, 'phone: stopped\n'])
})

test('erase without --yes erases nothing', async () => {
  const { mobile } = await aKnownPhone()
  const before = await ops.dump()
  expect((await ops.run(['erase', mobile], { screen: true, input: 'yes\n' })).stderr).toMatch(/needs --yes/)
  expect(await ops.dump()).toBe(before)
})

test.each([
  ['phone', (mobile: string) => [mobile]],
  ['erase', (mobile: string) => [mobile, '--yes']],
  ['send-test', (mobile: string) => [mobile]],
  ['block', (mobile: string) => ['--mobile', mobile, '--yes']],
  ['allow', (mobile: string) => ['--mobile', mobile]],
  ['unlist', (mobile: string) => ['--mobile', mobile]],
] as const)(
  '%s with another PHONE_KEY than the API is a fault, and changes nothing',
  async (name, argsOf) => {
    const { mobile } = await aKnownPhone()
    const { keyring } = loadPhoneConfig(ops.env)
    expect(await keyFaults(ops.redis, keyring)).toEqual([])
    const before = await ops.dump()
    const env = { PHONE_KEY: randomBytes(32).toString('base64') }
    const { code, stdout, stderr } = await ops.run([name, ...argsOf(mobile)], { env })
    expect(stderr).toMatch(/PHONE_KEY: differs from the key of the other processes/)
    expect({ code, stdout }).toEqual({ code: 78, stdout: '' })
    expect(await ops.dump()).toBe(before)
  },
)

test('a command is never the first process that stores the fingerprints of its keys', async () => {
  await ops.redis.del('sms:keys')
  expect((await ops.run(['phone', aMobile()])).code).toBe(0)
  expect(await ops.redis.exists('sms:keys')).toBe(0)
})

import { afterAll, beforeAll, expect, test } from 'vitest'
import { createLists } from '@sms-codes/core/limits/allow-deny-lists'
import { policyFile } from '@sms-codes/launcher/policy-file'
import { startOps, type RunningOps } from './ops.ts'

let ops: RunningOps
beforeAll(async () => {
  const countries = { CN: { locale: 'zh-CN' }, HK: { locale: 'en' } }
  ops = await startOps({ POLICY_FILE: policyFile({ countries }) })
})
afterAll(() => ops.stop())

const MOBILE = '+85291827364'

test('a phone of another country is sent to, looked up, blocked and erased, and its number is not shown', async () => {
  const sent = await ops.run(['send-test', '+852 9182-7364', '--wait', '1s'])
  expect(sent.stdout).toContain('+852****7364, scene default: new code')
  const jobs = await ops.redis.lrange('{sms}:sms:wait', 0, -1)
  const data: unknown = JSON.parse((await ops.redis.hget(`{sms}:sms:${jobs[0]}`, 'data')) ?? '')
  expect(data).toMatchObject({ to: '+852****7364', segment: '+852918', country: 'HK', locale: 'en' })

  const ph = ops.keyring.pseudonym(MOBILE)
  const found = await ops.run(['phone', '-'], { input: MOBILE.replace('+', '00') })
  expect(found.stdout).toContain(`+852****7364, pseudonym ${ph}`)
  expect((await ops.run(['block', '--mobile', MOBILE, '--yes'])).stdout).toBe(
    `blocked: phone ${ph}, no expiry\n`,
  )
  expect(await ops.run(['erase', MOBILE, '--yes'])).toMatchObject({ code: 0 })
  expect(await ops.dump()).not.toContain('91827364')
})

test('a phone whose country the policy does not serve is looked up, blocked and erased, and is sent nothing', async () => {
  const mobile = '+819012345678'
  const ph = ops.keyring.pseudonym(mobile)
  await ops.codes.issue(mobile, 'default', { budgetUnit: 0 })
  expect((await ops.run(['phone', mobile])).stdout).toContain(`+81****5678, pseudonym ${ph}`)
  expect((await ops.run(['block', '--mobile', mobile, '--yes'])).stdout).toBe(
    `blocked: phone ${ph}, no expiry\n`,
  )
  expect((await ops.run(['unlist', '--mobile', mobile])).code).toBe(0)
  expect((await ops.run(['erase', mobile, '--yes'])).stdout).toBe(
    '+81****5678: erased code:default, sends, history\n',
  )
  const refused = await ops.run(['send-test', mobile])
  expect(refused.stderr).toMatch(/the policy does not serve the country of this number/)
  expect(refused.code).toBe(2)
})

test('phone says of a number that gets no messages why the API answers 4007', async () => {
  const japan = await ops.run(['phone', '+819012345678'])
  expect(japan.stdout.split('\n')[1]).toBe('country: not served by this policy (4007)')
  const landline = await ops.run(['phone', '+85221234567'])
  expect(landline.stdout.split('\n')[1]).toBe('number: a landline, which gets no messages (4007)')
  const json: unknown = JSON.parse((await ops.run(['phone', '+819012345678', '--json'])).stdout)
  expect(json).toMatchObject({ fault: 'countryNotServed' })
  for (const served of [MOBILE, '13912345678'])
    expect((await ops.run(['phone', served])).stdout).not.toContain('4007')
})

test('a segment of another country is blocked, and +86 in front of a mainland segment is left out', async () => {
  const look = (mobile: string) =>
    createLists(ops.redis).look({ ip: '192.0.2.1', mobile, ph: ops.keyring.pseudonym(mobile) })
  expect((await ops.run(['block', '+8526', '--yes'])).stdout).toBe('blocked: segment +8526, no expiry\n')
  expect((await ops.run(['block', '+86170', '--yes'])).stdout).toBe('blocked: segment 170, no expiry\n')
  expect((await look('+85261234567')).deny).toBe('+8526')
  expect((await look('+85251234567')).deny).toBeNull()
  expect((await look('+8617012345678')).deny).toBe('170')
})

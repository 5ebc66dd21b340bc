import { afterAll, beforeAll, expect, test } from 'vitest'
import { createLists } from '@sms-codes/core/limits/allow-deny-lists'
import { aMobile, expectFailure, startOps, type RunningOps } from './ops.ts'

let ops: RunningOps
beforeAll(async () => {
  ops = await startOps()
})
afterAll(() => ops.stop())

const look = (mobile: string, ip = '192.0.2.1') =>
  createLists(ops.redis).look({ ip, mobile, ph: ops.keyring.pseudonym(mobile) })

test('a phone is blocked by its number, which is not stored, and unlisted again', async () => {
  const mobile = aMobile()
  const ph = ops.keyring.pseudonym(mobile)
  const blocked = await ops.run(['block', '--mobile', mobile, '--reason', `asked by ${mobile}`])
  expect(blocked).toMatchObject({ code: 0, stdout: `blocked: phone ${ph}, no expiry\n` })
  expect((await look(mobile)).deny).toBe(ph)
  expect(await ops.dump()).not.toContain(mobile)

  const { stdout } = await ops.run(['lists'])
  expect(stdout).toContain(`asked by ${mobile.slice(0, 3)}****${mobile.slice(7)}`)

  expect(await ops.run(['unlist', '--mobile', '-'], { input: `${mobile}\n` })).toMatchObject({ code: 0 })
  expect((await look(mobile)).deny).toBeNull()
  expectFailure(await ops.run(['unlist', '--', ph]), /on neither list/)
})

test('on a terminal, block without --for and --reason asks, and only yes blocks', async () => {
  const segment = aMobile().slice(0, 5)
  const block = (input: string) => ops.run(['block', segment], { screen: true, input })
  for (const answer of ['\n', 'n\n', 'yesterday\n', '']) {
    expectFailure(await block(answer), /nothing was blocked/)
    expect((await ops.run(['lists'])).stdout).toBe('both lists are empty\n')
  }
  const { code, stdout } = await block('yes\n')
  expect(stdout).toMatch(new RegExp(`^Block the segment ${segment} without an end and without a reason\\?`))
  expect(code).toBe(0)
  expect((await ops.run(['lists'])).stdout).toContain(segment)
  await ops.run(['unlist', segment])
})

test('without a terminal, block without --for and --reason needs --yes; --for or --reason is enough', async () => {
  const refused = await ops.run(['block', '171'], { input: 'y\n' })
  expect(refused.code).toBe(2)
  expect(refused.stderr).toMatch(/needs --for or --reason, or --yes/)
  // Standard input has the number, so the command cannot ask.
  const input = `${aMobile()}\n`
  expect((await ops.run(['block', '--mobile', '-'], { screen: true, input })).code).toBe(2)
  expect((await ops.run(['lists'])).stdout).toBe('both lists are empty\n')
  for (const more of [['--yes'], ['--for', '5m'], ['--reason', 'a test']])
    expect((await ops.run(['block', '171', ...more])).code).toBe(0)
  expect((await ops.run(['allow', '171'])).code).toBe(0)
  await ops.run(['unlist', '171'])
})

test('a network is blocked with an expiry; allowing a blocked segment takes it off the deny list', async () => {
  const mobile = aMobile()
  await ops.run(['block', '10.9.0.0/16', '--for', '30m'])
  await ops.run(['block', mobile.slice(0, 5), '--yes'])
  expect((await look(mobile, '10.9.8.7')).deny).not.toBeNull()
  const [{ until } = { until: null }] = await createLists(ops.redis).all('deny')
  // Half an hour, give or take a minute.
  expect(Math.abs((until ?? 0) - Date.now() - 1_800_000)).toBeLessThan(60_000)
  const { stdout } = await ops.run(['lists'])
  expect(stdout).toMatch(/^deny +network +10\.9\.0\.0\/16 +20\S+Z\ndeny +segment +137\d\d +no expiry\n$/m)

  await ops.run(['allow', mobile.slice(0, 5), '--reason', 'a partner'])
  await ops.run(['unlist', '10.9.0.0/16'])
  expect(await look(mobile, '10.9.8.7')).toEqual({ allow: mobile.slice(0, 5), deny: null })
  expect((await ops.run(['lists'])).stdout).toMatch(/^allow +segment +\d+ +no expiry +a partner$/m)
  await ops.run(['unlist', mobile.slice(0, 5)])
  expect((await ops.run(['lists'])).stdout).toBe('both lists are empty\n')
})

test('a reason is stored without numbers and codes, however they are written', async () => {
  const reasons = ['13912345678', '139 1234 5678', '+86 139-1234-5678', '987654', '9876543210']
  for (const reason of reasons) await ops.run(['block', '171', '--reason', `asked by ${reason}`])
  // A time in ms may have the digits of a code.
  const dump = (await ops.dump()).replaceAll(/\b[0-9]{13}\b/g, '')
  expect(dump).toContain('asked by 139****5678')
  for (const reason of reasons) expect(dump).not.toContain(reason)
  await ops.run(['unlist', '171'])
})

test('an expired entry is not shown', async () => {
  await createLists(ops.redis).put('deny', { kind: 'segment', text: '171' }, 0.001)
  await expect.poll(async () => (await ops.run(['lists'])).stdout).toBe('both lists are empty\n')
})

test('lists shows the reason of an entry after other acts about the same phone', async () => {
  const mobile = aMobile()
  await ops.run(['block', '--mobile', mobile, '--reason', 'ticket 17'])
  await ops.run(['erase', mobile, '--yes'])
  expect((await ops.run(['lists'])).stdout).toMatch(/^deny +phone +\S+ +no expiry +ticket 17$/m)
})

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { policyFile } from '@sms-codes/launcher/policy-file'
import { expectFailure, runOps } from './ops.ts'

test('check-policy reports every fault of a file with its line', async () => {
  const file = policyFile({ codes: { length: 3 }, scenes: { login: {} } })
  const checked = await runOps({}, ['check-policy', file])
  expectFailure(checked, /:5 scenes: must have the scene default/)
  expect(checked.stderr).toContain(`${file} has faults:\n  ${file}:3 codes.length: must be a whole number`)
})

test('check-policy reports a file that does not exist', async () => {
  const checked = await runOps({}, ['check-policy', '/no/such/file'])
  expect(checked.stderr).toMatch(/POLICY_FILE: the file cannot be read/)
  expect(checked.code).toBe(1)
})

test('a secret that the environment lacks is reported, and is no fault of the file', async () => {
  const file = policyFile({ gateways: { webhook: { base_url: 'http://127.0.0.1:1/' } } })
  const withoutSecret = await runOps({}, ['check-policy', file])
  expect(withoutSecret.code).toBe(0)
  expect(withoutSecret.stdout).toMatch(
    / has no faults of its own, but .* would not start:\n {2}WEBHOOK_SECRETS: /,
  )
  const env = { WEBHOOK_SECRETS: `whsec_${Buffer.alloc(32, 7).toString('base64')}` }
  const checked = await runOps({}, ['check-policy', file], { env })
  expect(checked).toMatchObject({ code: 0, stdout: `${file} has no faults\n`, stderr: '' })
})

test('what the scenes need in the environment is reported, and is no fault of the file', async () => {
  const scenes = { default: { fallback: true, receipt_within: '20s' } }
  const file = policyFile({ scenes, email: { from: 'codes@shop.example' } })
  const checked = await runOps({}, ['check-policy', file], { env: { SMTP_URL: '', CALLBACK_TOKEN: '' } })
  expect(checked.code).toBe(0)
  expect(checked.stdout).toMatch(
    / would not start:\n {2}SMTP_URL: is missing .*\n {2}CALLBACK_TOKEN: is missing /,
  )
  const env = { SMTP_URL: 'smtp://mail.example', CALLBACK_TOKEN: 'c'.repeat(24) }
  expect((await runOps({}, ['check-policy', file], { env })).stdout).toBe(`${file} has no faults\n`)
})

test('check-policy reads the environment as a worker does', async () => {
  const gateways = {
    webhook: { base_url: 'http://127.0.0.1:1/' },
    twilio: { account: `AC${'0'.repeat(32)}`, messages: [{ sender: '+15005550006' }] },
  }
  const file = policyFile({ gateways })
  const onlyTwilio = { SMS_GATEWAYS: 'twilio', TWILIO_AUTH_TOKEN: 'f'.repeat(32), CALLBACK_TOKEN: '' }
  const checked = await runOps({}, ['check-policy', file], { env: onlyTwilio })
  expect(checked.stdout).toBe(`${file} has no faults\n`)
  const env = { ...onlyTwilio, SMS_GATEWAYS: 'twilio,other', SCENES: 'default' }
  const lacking = await runOps({}, ['check-policy', file], { env })
  expect(lacking.stdout).toContain('would not start:\n  SCENES: moved to the policy file')
  expect(lacking.stdout).toContain('SMS_GATEWAYS: entry 2 is not a gateway of the policy')
})

const EXAMPLES = join(import.meta.dirname, '../../../docs/policies')
test.each(readdirSync(EXAMPLES))('docs/policies/%s has no faults', async (name) => {
  const checked = await runOps({}, ['check-policy', join(EXAMPLES, name)])
  expect(checked.stderr).toBe('')
  expect(checked.stdout).toMatch(/ has no faults/)
})
